// SPDX-License-Identifier: Apache-2.0
//
// THE table of commands and their options.
//
// Everything that a user can type stands here once; parsing (arguments.c), help and the reference
// (usage.c) read it.
#include "command.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

const struct global_option global_options[] = {
    {.letter = 'c',
     .argument = "FILE",
     .help = "configuration; default: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml"},
    {.letter = 'o',
     .argument = "PATH=VALUE",
     .help = "one setting, over file and environment; may be repeated"},
    {.letter = 'h', .argument = NULL, .help = "this help"},
};
const size_t global_option_count = COUNT(global_options);

static const struct option_spec drain_options[] = {
    {.name = "follow", .help = "later rows too: end when the table has none left"},
    {.name = "max-messages", .argument = "N", .help = "publish no more than N messages"},
    {.name = "max-seconds", .argument = "S", .help = "stop after S seconds"},
    {.name = "rate", .argument = "N", .help = "publish at most N messages a second"},
    {.name = "give-up",
     .argument = "TIME",
     .help = "end when nothing was possible for so long (default 30s) and no claim is under way"},
    {.name = "dry-run", .help = "only say what would go where, by topic; needs no Kafka"},
};

static const struct option_spec status_options[] = {
    {.name = "json", .help = "one JSON object; with --watch one a look"},
    {.name = "watch", .help = "look again and again, with rate and trend, until ^C"},
    {.name = "interval", .argument = "TIME", .help = "between two looks of --watch (default 2s)"},
    {.name = "max-age",
     .argument = "TIME",
     .help = "a probe: exit 1 when the oldest message is older, e.g. 60s"},
};

static const struct option_spec health_options[] = {
    {.name = "ready", .help = "ask whether it is ready: servers, table and progress"},
};

// What list, retry and discard have in common.
#define DEAD_SELECTION                                                                             \
    {.name = "topic", .argument = "T", .help = "rows that would go to topic T"},                   \
        {.name = "aggregate", .argument = "ID", .help = "rows of the aggregate ID"},               \
        {.name = "error",                                                                          \
         .argument = "TEXT",                                                                       \
         .help = "rows whose error class is TEXT or whose last error has it in it; case counts"},  \
        {.name = "since",                                                                          \
         .argument = "TIME",                                                                       \
         .help = "rows that died within TIME, e.g. 2h, or since a time, e.g. 2026-11-21T13:00Z"},  \
    {                                                                                              \
        .name = "all", .help = "all rows; what else is given still narrows them"                   \
    }

static const struct option_spec dead_list_options[] = {
    DEAD_SELECTION,
    {.name = "limit", .argument = "N", .help = "the oldest N (default 1000)"},
    {.name = "json", .help = "one JSON object a line, without payloads"},
};

static const struct option_spec dead_show_options[] = {
    {.name = "json", .help = "one JSON object"},
};

static const struct option_spec dead_change_options[] = {
    DEAD_SELECTION,
    {.name = "limit", .argument = "N", .help = "the oldest N (default: no limit)"},
    {.name = "dry-run", .help = "only say which rows and how many"},
};

static const struct option_spec purge_options[] = {
    {.name = "older-than",
     .argument = "TIME",
     .help = "rows that were published longer ago, e.g. 7d; must be given"},
    {.name = "rate", .argument = "N", .help = "delete at most N rows a second"},
    {.name = "dry-run", .help = "only say how many"},
};

static const struct option_spec schema_apply_options[] = {
    {.name = "to", .argument = "N", .help = "up to version N (default: the latest)"},
    {.name = "slots",
     .argument = "N",
     .help = "N slots, a power of two up to 64 (default: as many as there are)"},
    {.name = "inbox",
     .help =
         "also an inbox for consumers and outbox_enqueue() for writers; --to 0: only the inbox"},
    {.name = "dry-run", .help = "only say what would be done"},
};

static const struct option_spec schema_revert_options[] = {
    {.name = "inbox", .help = "not the table: the inbox and the functions that came with it"},
    {.name = "force", .help = "drop version 1, or the inbox, even when rows are left"},
};

static const struct option_spec schema_status_options[] = {
    {.name = "to",
     .argument = "N",
     .help = "what leads beyond version N is not pending; 0: only the inbox can be"},
};

static const struct option_spec schema_print_options[] = {
    {.name = "from", .argument = "N", .help = "steps after version N (default 0)"},
    {.name = "to", .argument = "N", .help = "up to version N (default: the latest)"},
    {.name = "slots", .argument = "N", .help = "and to N slots, from any number of them"},
    {.name = "inbox", .help = "and the inbox with its functions"},
    {.name = "grants",
     .help =
         "not the steps: roles for owner, writers, relay and monitor, and the least rights each "
         "needs"},
};

static const struct option_spec check_options[] = {
    {.name = "offline", .help = "only what needs no server"},
    {.name = "json", .help = "one JSON object a line"},
    {.name = "held",
     .argument = "TIME",
     .help = "a transaction that is open for so long is a finding (default 5m)"},
};

static const struct option_spec help_options[] = {
    {.name = "markdown", .help = "the reference of all commands, as Markdown"},
    {.name = "scdoc", .help = "the same as the source of a manual page"},
    {.name = "metrics", .help = "the reference of all metrics, as Markdown"},
    {.name = "findings", .help = "the reference of what check finds, as Markdown"},
};

static const struct command schema_commands[] = {
    {
        .name = "apply",
        .summary = "bring the table to its latest version",
        .details =
            "Applications and relays may keep running. No lock is waited for longer than\n"
            "database.lock_timeout at a time. Can be repeated, also after it was killed.\n"
            "With outbox.ordering key, N slots let N lanes, of one relay or of several, work\n"
            "side by side. Needs message.key aggregate_id.",
        .options = schema_apply_options,
        .option_count = COUNT(schema_apply_options),
        .needs_config = true,
        .run = cmd_schema_apply,
    },
    {
        .name = "revert",
        .summary = "take the table one version back",
        .details =
            "Only what outrider made is removed. Version 1 is dropped only when outrider made it\n"
            "and no unpublished row is left; the inbox only when nothing is noted in it.",
        .options = schema_revert_options,
        .option_count = COUNT(schema_revert_options),
        .needs_config = true,
        .run = cmd_schema_revert,
    },
    {
        .name = "status",
        .summary = "show the table's version and what is pending",
        .details = "Exits 1 when a version is pending.",
        .options = schema_status_options,
        .option_count = COUNT(schema_status_options),
        .needs_config = true,
        .run = cmd_schema_status,
    },
    {
        .name = "print",
        .summary = "print every version's steps as plain SQL",
        .details = "Needs no database.",
        .options = schema_print_options,
        .option_count = COUNT(schema_print_options),
        .needs_config = true,
        .run = cmd_schema_print,
    },
};

static const struct command dead_commands[] = {
    {
        .name = "list",
        .summary = "list dead letters, the oldest death first",
        .details = "A row is listed when it is one of the IDs, if any are named, and fits every "
                   "option. Payloads\n"
                   "are never listed. Version 1 of the table knows neither errors nor times of "
                   "death: there the\n"
                   "order is that of created_at, and --error and --since are refused. Texts that "
                   "UTF-8 has no\n"
                   "equivalent of are listed, and found, by their bytes (\\201).",
        .options = dead_list_options,
        .option_count = COUNT(dead_list_options),
        .arguments_help = "[ID...]",
        .needs_config = true,
        .run = cmd_dead_list,
    },
    {
        .name = "show",
        .summary = "show one dead letter with headers and payload",
        .options = dead_show_options,
        .option_count = COUNT(dead_show_options),
        .arguments_help = "ID",
        .needs_config = true,
        .run = cmd_dead_show,
    },
    {
        .name = "retry",
        .summary = "give dead letters all their attempts anew",
        .details = "Those that are one of the IDs, if any are named, and fit every option; one of "
                   "both must be\n"
                   "given. The message id stays. A running relay sends them at once, which is "
                   "late: later rows of\n"
                   "their aggregate went before them. Rows that another session holds locked, or "
                   "that the table\n"
                   "keeps, are skipped and named (exit 75). The log gets a line for each row, "
                   "whatever log.level\n"
                   "says.",
        .options = dead_change_options,
        .option_count = COUNT(dead_change_options),
        .arguments_help = "[ID...]",
        .needs_config = true,
        .run = cmd_dead_retry,
    },
    {
        .name = "discard",
        .summary = "delete dead letters, which are never sent then",
        .details =
            "Those that are one of the IDs, if any are named, and fit every option; one of "
            "both must be\n"
            "given. Row and payload are gone then, whatever outbox.on_published says. Rows "
            "that another\n"
            "session holds locked, or that the table keeps, are skipped and named (exit 75). "
            "The log gets a\n"
            "line for each row, whatever log.level says.",
        .options = dead_change_options,
        .option_count = COUNT(dead_change_options),
        .arguments_help = "[ID...]",
        .needs_config = true,
        .run = cmd_dead_discard,
    },
};

static const struct option_spec config_keys_options[] = {
    {.name = "yaml", .help = "as a file with every key and its default"},
    {.name = "scdoc", .help = "as the source of a manual page"},
};

static const struct command config_commands[] = {
    {
        .name = "print",
        .summary = "print the effective configuration with each value's origin",
        .details = "Secrets are masked. The output is a configuration that can be read again.",
        .needs_config = true,
        .run = cmd_config_print,
    },
    {
        .name = "keys",
        .summary = "print the reference of every key, as Markdown",
        .options = config_keys_options,
        .option_count = COUNT(config_keys_options),
        .run = cmd_config_keys,
    },
};

const struct command commands[] = {
    {
        .name = "run",
        .summary = "relay rows to Kafka until stopped",
        .details =
            "Starts with PostgreSQL or Kafka away, and waits for them. SIGTERM and SIGINT "
            "finish the\n"
            "batches in hand and leave within stop_timeout; a second one leaves at once. SIGHUP "
            "reads the\n"
            "configuration again, and keeps the old one when the new one is wrong. SIGUSR1 pauses: "
            "the "
            "batches\n"
            "in hand are finished and no more are claimed, until SIGUSR2.",
        .needs_config = true,
        .run = cmd_run,
    },
    {
        .name = "drain",
        .summary = "publish what is in the table now, then exit",
        .details =
            "The drain ends when every row that is visible at the start is published. Beside a "
            "running relay\n"
            "it takes over, or watches the relay publish the rows, and says which. Dead rows do "
            "not "
            "count; rows that\n"
            "wait for their next attempt are waited for. Exits 0 when all are gone, 75 when "
            "rows remain\n"
            "(with the reasons), 69 when nothing was possible for --give-up. A claim that is "
            "under way then\n"
            "is waited for, until statement_timeout ends it at the latest.",
        .options = drain_options,
        .option_count = COUNT(drain_options),
        .needs_config = true,
        .run = cmd_drain,
    },
    {
        .name = "status",
        .summary = "show the backlog, its age and the dead, by topic",
        .details =
            "Counts stop at 100,000 and are then said as \"at least\". --watch draws the same "
            "lines anew on a\n"
            "terminal, and elsewhere prints a line a look. What comes in and goes out is by the "
            "server's\n"
            "statistics of the table, a second late. What the relay says of itself is asked at "
            "http.listen.",
        .options = status_options,
        .option_count = COUNT(status_options),
        .needs_config = true,
        .run = cmd_status,
    },
    {
        .name = "health",
        .summary = "ask the relay of this host how it is",
        .details =
            "A probe, for a container's health check: asks whoever listens at http.listen for\n"
            "/healthz, and prints the answer. Exits 0 when it is well, 1 when it is not, 69 when\n"
            "nobody answers within 5 seconds. Waiting for PostgreSQL or Kafka is well, not ready.",
        .options = health_options,
        .option_count = COUNT(health_options),
        .needs_config = true,
        .run = cmd_health,
    },
    {
        .name = "check",
        .summary = "find what is wrong with configuration, table and topics",
        .details =
            "Looks at PostgreSQL and Kafka as the relay would, with its role and login. It sends\n"
            "nothing, makes no topic, and tries the relay's statements on rows in a transaction "
            "that it\n"
            "rolls back. Each finding comes with its remedy. A server that is away is a finding; "
            "what this\n"
            "role may not see is told and is none. Exits 0 without findings, 1 with any.",
        .options = check_options,
        .option_count = COUNT(check_options),
        .needs_config = true,
        .run = cmd_check,
    },
    {
        .name = "dead",
        .summary = "rows that were given up: list, show, retry, discard",
        .subcommands = dead_commands,
        .subcommand_count = COUNT(dead_commands),
    },
    {
        .name = "purge",
        .summary = "delete published rows that are old",
        .details = "In short transactions with pauses between them, so that nobody is held up; "
                   "rows that somebody\n"
                   "holds locked are left for the next time. Rows that are not published, the dead "
                   "among them,\n"
                   "are never touched. outbox.retention does the same inside outrider run.",
        .options = purge_options,
        .option_count = COUNT(purge_options),
        .needs_config = true,
        .run = cmd_purge,
    },
    {
        .name = "schema",
        .summary = "the table's versions: apply, revert, status, print",
        .subcommands = schema_commands,
        .subcommand_count = COUNT(schema_commands),
    },
    {
        .name = "config",
        .summary = "the configuration: print, keys",
        .subcommands = config_commands,
        .subcommand_count = COUNT(config_commands),
    },
    {
        .name = "completion",
        .summary = "print what completes commands and options in a shell",
        .details = "For this shell only: source <(outrider completion bash). A package and make "
                   "install put it\n"
                   "where shells look for it.",
        .arguments_help = "bash|zsh|fish",
        .run = cmd_completion,
    },
    {
        .name = "version",
        .summary = "print the version, as --version does",
        .run = cmd_version,
    },
    {
        .name = "help",
        .summary = "show help for a command",
        .options = help_options,
        .option_count = COUNT(help_options),
        .arguments_help = "[COMMAND]",
        .run = cmd_help,
    },
};
const size_t command_count = COUNT(commands);
