// SPDX-License-Identifier: Apache-2.0
//
// What `check` found, and how it is told.
//
// Values come from databases and brokers: they are made printable before they reach a terminal. A
// command is never wrapped, so that it can be copied.
#include "findings.h"

#include "format.h"

#include "outrider/base/safe.h"
#include "outrider/base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    WIDTH = 80,
    INDENT = 2,
    NAMED = 5, // topics and their commands; the rest of them is counted
};

// {1} is a topic: what is found of several is one finding.
static const bool about_topics[FINDING_COUNT] = {
    [FINDING_TOPIC_NOT_ALLOWED] = true,   [FINDING_TOPIC_NAME] = true,
    [FINDING_PAYLOAD_TOO_LARGE] = true,   [FINDING_TOPIC_MISSING] = true,
    [FINDING_TOPIC_LEADER] = true,        [FINDING_REPLICATION_ONE] = true,
    [FINDING_MIN_INSYNC_ABOVE] = true,    [FINDING_MIN_INSYNC_ONE] = true,
    [FINDING_IN_SYNC_TOO_FEW] = true,     [FINDING_TOPIC_LIMIT] = true,
    [FINDING_PAYLOAD_ABOVE_TOPIC] = true, [FINDING_TOPIC_TIME_LIMIT] = true,
};

const char *
severity_name(enum severity severity)
{
    static const char *const names[] = {
        [SEVERITY_ERROR] = "error",
        [SEVERITY_WARNING] = "warning",
        [SEVERITY_SKIPPED] = "skipped",
    };
    return names[severity];
}

// The template with its values. Caller frees; NULL for NULL.
static char *
fill(const char *template, const char *const values[FINDING_VALUES])
{
    struct text out = {0};

    if (template == NULL)
        return NULL;
    text_append(&out, "");
    for (; *template != '\0'; template ++) {
        if (template[0] == '{' && template[1] >= '1' && template[1] <= '9' && template[2] == '}') {
            const char *value = values[template[1] - '1'];
            text_append(&out, value == NULL ? "" : value);
            template += 2;
        } else {
            text_append_char(&out, *template);
        }
    }
    return out.data;
}

// A command that is a value alone may be none.
static char *
fill_command(const char *template, const char *const values[FINDING_VALUES])
{
    char *command = fill(template, values);

    if (command == NULL || *command != '\0')
        return command;
    free(command);
    return NULL;
}

static void
found_free(struct found *found)
{
    for (size_t i = 0; i < found->topic_count; i++) {
        free(found->topics[i].name);
        free(found->topics[i].detail);
        free(found->topics[i].command);
    }
    free(found->topics);
    free(found->detail);
    free(found->remedy);
    free(found->command);
}

// Notes a topic of what was found, and takes over the topic's own texts.
static void
add_topic(struct found *found, const char *name, char *detail, char *command)
{
    found->topics = xreallocarray(found->topics, found->topic_count + 1, sizeof *found->topics);
    found->topics[found->topic_count++] = (struct found_topic){xstrdup(name), detail, command};
}

// Can this topic's finding join the other one? A second finding of a topic that the other one names
// already (a limit of its messages' time in each direction) stays apart.
static bool
can_join(const struct found *other, const struct found *found, const char *topic)
{
    for (size_t i = 0; i < other->topic_count; i++)
        if (str_equal(other->topics[i].name, topic))
            return str_equal(other->topics[i].detail, found->detail);
    return other->topic_count > 0;
}

// The earlier finding that this one is merged into; NULL if none is.
static struct found *
find_fellow(struct findings *findings, const struct found *found, const char *topic)
{
    for (size_t i = 0; i < findings->count; i++) {
        struct found *other = &findings->found[i];
        if (other->finding == found->finding && other->severity == found->severity &&
            (topic != NULL ? can_join(other, found, topic)
                           : str_equal(other->detail, found->detail)))
            return other;
    }
    return NULL;
}

// Takes ownership of the texts. topic: NULL when it is of none.
static void
add(struct findings *findings, struct found found, const char *topic)
{
    struct found *fellow = find_fellow(findings, &found, topic);

    if (fellow == NULL) {
        findings->found =
            xreallocarray(findings->found, findings->count + 1, sizeof *findings->found);
        fellow = &findings->found[findings->count++];
        *fellow = found;
        if (topic != NULL)
            add_topic(fellow, topic, xstrdup_or_null(found.detail), xstrdup_or_null(found.command));
        return;
    }
    bool known = topic == NULL;
    for (size_t i = 0; i < fellow->topic_count; i++)
        known |= str_equal(fellow->topics[i].detail, found.detail);
    if (!known)
        add_topic(fellow, topic, xstrdup_or_null(found.detail), xstrdup_or_null(found.command));
    found_free(&found);
}

void
findings_add(struct findings *findings, enum finding finding,
             const char *const values[FINDING_VALUES])
{
    const struct finding_kind *kind = &finding_kinds[finding];

    add(findings,
        (struct found){
            .finding = finding,
            .severity = kind->severity,
            .detail = fill(kind->detail, values),
            .remedy = fill(kind->remedy, values),
            .command = fill_command(kind->command, values),
        },
        about_topics[finding] ? values[0] : NULL);
}

void
findings_skip_topic(struct findings *findings, enum finding finding, const char *topic,
                    const char *why)
{
    add(findings,
        (struct found){
            .finding = finding,
            .severity = SEVERITY_SKIPPED,
            .detail = xstrdup(why),
        },
        topic);
}

void
findings_skip(struct findings *findings, enum finding finding, const char *why)
{
    findings_skip_topic(findings, finding, NULL, why);
}

static bool
is_of(const struct found *found, enum finding finding)
{
    return found->finding == finding && found->severity != SEVERITY_SKIPPED;
}

bool
findings_has(const struct findings *findings, enum finding finding)
{
    for (size_t i = 0; i < findings->count; i++)
        if (is_of(&findings->found[i], finding))
            return true;
    return false;
}

void
findings_drop(struct findings *findings, enum finding finding)
{
    size_t kept = 0;

    for (size_t i = 0; i < findings->count; i++) {
        if (is_of(&findings->found[i], finding))
            found_free(&findings->found[i]);
        else
            findings->found[kept++] = findings->found[i];
    }
    findings->count = kept;
}

void
findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        found_free(&findings->found[i]);
    free(findings->found);
    *findings = (struct findings){0};
}

size_t
findings_count(const struct findings *findings, enum severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++)
        count += findings->found[i].severity == severity;
    return count;
}

// A paragraph in lines of at most WIDTH columns, each indented. A longer word has a line of its
// own.
static void
append_wrapped(struct text *out, const char *paragraph)
{
    struct text clean __attribute__((cleanup(text_free))) = {0};
    size_t column = 0;

    safe_append(&clean, paragraph);
    for (char *rest = clean.data, *word; (word = strsep(&rest, " ")) != NULL;) {
        const size_t width = format_width(word);
        if (width == 0)
            continue;
        if (column > 0 && column + 1 + width > WIDTH) {
            text_append_char(out, '\n');
            column = 0;
        }
        text_appendf(out, "%*s", column == 0 ? INDENT : 1, "");
        text_append(out, word);
        column += (column == 0 ? INDENT : 1) + width;
    }
    text_append_char(out, '\n');
}

// The topics of which the same is found.
static void
append_other_topics(struct text *out, const struct found *found)
{
    struct text others __attribute__((cleanup(text_free))) = {0};

    if (found->topic_count < 2)
        return;
    text_append(&others, "The same holds for ");
    for (size_t i = 1; i < found->topic_count && i < NAMED; i++) {
        text_append(&others, i > 1 ? ", " : "");
        text_append(&others, found->topics[i].name);
    }
    if (found->topic_count > NAMED)
        text_appendf(&others, " and %zu more (--json has all)", found->topic_count - NAMED);
    text_append_char(&others, '.');
    append_wrapped(out, text_str(&others));
}

static void
append_command(struct text *out, const char *command)
{
    text_append(out, "    ");
    safe_append(out, command);
    text_append_char(out, '\n');
}

// The command of each topic that is named; once, where it is the same for all.
static void
append_commands(struct text *out, const struct found *found)
{
    if (found->command != NULL)
        append_command(out, found->command);
    for (size_t i = 1; i < found->topic_count && i < NAMED; i++)
        if (found->topics[i].command != NULL &&
            !str_equal(found->topics[i].command, found->command))
            append_command(out, found->topics[i].command);
}

static void
append_found(struct text *out, const struct found *found)
{
    const struct finding_kind *kind = &finding_kinds[found->finding];

    text_appendf(out, "%s %s: %s\n", severity_name(found->severity), kind->code,
                 found->severity == SEVERITY_SKIPPED ? "could not be looked at" : kind->title);
    append_wrapped(out, found->detail);
    append_other_topics(out, found);
    if (found->remedy != NULL)
        append_wrapped(out, found->remedy);
    append_commands(out, found);
    text_append_char(out, '\n');
}

static void
append_number(struct text *out, size_t count, const char *what)
{
    text_appendf(out, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

// Errors first; what could not be looked at comes last.
void
findings_append_text(struct text *out, const struct findings *findings)
{
    const size_t errors = findings_count(findings, SEVERITY_ERROR);
    const size_t warnings = findings_count(findings, SEVERITY_WARNING);

    for (enum severity severity = SEVERITY_ERROR; severity <= SEVERITY_SKIPPED; severity++)
        for (size_t i = 0; i < findings->count; i++)
            if (findings->found[i].severity == severity)
                append_found(out, &findings->found[i]);
    if (errors + warnings == 0) {
        text_append(out, "no findings\n");
        return;
    }
    append_number(out, errors, "error");
    text_append(out, ", ");
    append_number(out, warnings, "warning");
    text_append_char(out, '\n');
}

static void
append_member(struct text *out, const char *name, const char *value)
{
    text_appendf(out, ",\"%s\":", name);
    if (value == NULL)
        text_append(out, "null");
    else
        text_append_json(out, value);
}

static void
append_topics(struct text *out, const struct found *found)
{
    text_append(out, ",\"topics\":");
    text_append(out, found->topic_count == 0 ? "null" : "[");
    for (size_t i = 0; i < found->topic_count; i++) {
        text_append(out, i > 0 ? ",{\"topic\":" : "{\"topic\":");
        text_append_json(out, found->topics[i].name);
        append_member(out, "detail", found->topics[i].detail);
        append_member(out, "command", found->topics[i].command);
        text_append_char(out, '}');
    }
    if (found->topic_count > 0)
        text_append_char(out, ']');
}

void
findings_append_json(struct text *out, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct found *found = &findings->found[i];
        const struct finding_kind *kind = &finding_kinds[found->finding];
        text_appendf(out, "{\"code\":\"%s\"", kind->code);
        append_member(out, "severity", severity_name(found->severity));
        append_member(out, "title", kind->title);
        append_member(out, "detail", found->detail);
        append_member(out, "remedy", found->remedy);
        append_member(out, "command", found->command);
        append_topics(out, found);
        text_append(out, "}\n");
    }
}

// A template with {1} as an ellipsis, for a table's cell.
static void
append_general(struct text *out, const char *template)
{
    static const char *const dots[FINDING_VALUES] = {"…", "…", "…", "…", "…", "…", "…", "…", "…"};
    AUTOFREE char *filled = fill(template, dots);

    text_append(out, filled);
}

// clang-format off: a line of the text a line.
static const char reference_head[] =
    "# What check finds\n"
    "\n"
    "`outrider check` looks at the configuration, at PostgreSQL and at Kafka as the relay would, "
    "with its DSN, role and\n"
    "login. It sends nothing, makes no topic, and rolls back what it does to the table. It prints "
    "each finding with its remedy, the\n"
    "errors first, and exits with 0 when there is none, with 1 when there is any, and with 78 when "
    "the configuration cannot be\n"
    "read (its errors are on stderr, as of every command).\n"
    "\n"
    "- `--offline`: only what needs no server.\n"
    "- `--held TIME`: for how long a transaction has to be open to be a finding (default 5m).\n"
    "- `--json`: an object a line with `code`, `severity` (`error`, `warning`, `skipped`), "
    "`title`, `detail`, `remedy`,\n"
    "  `command` and `topics`; the last three may be null. The codes are a promise, the texts are "
    "not.\n"
    "\n"
    "An *error* does not work or breaks a promise; a *warning* works, but not as well, as long or "
    "as safely as it could.\n"
    "What this role or login may not look at is told as *skipped*, with the reason, and is no "
    "finding. Topics are those of\n"
    "the first 10,000 rows that wait, of a `message.topic` without columns, and "
    "`outbox.dead_topic`. What is the same of several\n"
    "topics is one finding: it names five and counts the rest, and `topics` of `--json` has each, "
    "as `topic`, `detail` and `command`.\n"
    "\n"
    "`check` also tries. In a transaction that it rolls back it does with the relay's own "
    "statements what a relay would do next:\n"
    "claims up to 100 rows, marks them (or deletes them, with `on_published: delete`), counts a "
    "failed attempt, gives them up,\n"
    "purges them with `outbox.retention`, and checks deferred constraints. Where no row waits, "
    "it takes a published one, or\n"
    "inserts one when the role may. Rows that others hold locked are passed over. The trial keeps "
    "its own rows locked until it\n"
    "ends, mostly within some seconds; a relay that meets them passes over their aggregates so "
    "long. A statement has 5 s, and a\n"
    "lock 2 s at most. The rollback does not take back numbers of sequences, dead row versions "
    "(the next vacuum does) and what a\n"
    "trigger does outside of the transaction (by dblink, say).\n"
    "\n"
    "Commands of Kafka's are without a login: add `--command-config` where one is needed.\n"
    "\n"
    "Not looked at, because only the pooler's administrator can: PgBouncer's own limits. Its "
    "`idle_transaction_timeout` and\n"
    "`query_timeout` must be 0 or above 30 s.\n";
// clang-format on

void
findings_append_markdown(struct text *out)
{
    text_append(out, reference_head);
    for (size_t i = 0; i < FINDING_COUNT; i++) {
        const struct finding_kind *kind = &finding_kinds[i];
        text_appendf(out, "\n## %s\n\n**%s**: %s.\n\n", kind->code, severity_name(kind->severity),
                     kind->title);
        if (strcmp(kind->detail, "{1}") != 0) {
            append_general(out, kind->detail);
            text_append(out, "\n\n");
        }
        append_general(out, kind->remedy);
        text_append_char(out, '\n');
        if (kind->command != NULL && kind->command[0] != '{') {
            text_append(out, "\n```\n");
            append_general(out, kind->command);
            text_append(out, "\n```\n");
        }
    }
}
