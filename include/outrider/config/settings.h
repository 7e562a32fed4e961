// SPDX-License-Identifier: Apache-2.0
// The effective configuration, and where each value came from.
#ifndef OUTRIDER_CONFIG_SETTINGS_H
#define OUTRIDER_CONFIG_SETTINGS_H

#include "outrider/base/log.h"
#include "outrider/base/text.h"
#include "outrider/broker/producer.h"
#include "outrider/relay/settings.h"
#include "outrider/store/store.h"

#include <stdbool.h>
#include <stdio.h>

// Filled by config_load; every pointer inside belongs to it.
struct settings {
    struct store_settings store;
    struct producer_settings producer;
    struct relay_settings relay;
    const char *http_listen; // host:port; NULL: nowhere
    char *const *http_hosts; // shell patterns; further names of ours
    size_t http_hosts_count;
    enum log_level log_level;
    enum log_format log_format;
    struct config *origin; // values as text with their origins
};

struct config_sources {
    const char *file; // -c FILE, NULL: $OUTRIDER_CONFIG, then /etc/outrider/outrider.yaml
    const char *const *overrides; // "path=value" of -o, in order
    size_t override_count;
    char *const *environment; // environ
};

// Reads file, environment and overrides. All errors of one run are appended to `errors`, a line
// each:
//   file:line:column: path: what is wrong; what is allowed
// (environment: "OUTRIDER_LOG_LEVEL: …", override: "-o log.level: …"), in this order of sources.
// Unknown OUTRIDER_* variables are appended to `warnings`. False when there is any error;
// *ret_settings is untouched then.
bool config_load(const struct config_sources *sources, struct settings *ret_settings,
                 struct text *errors, struct text *warnings) __attribute__((warn_unused_result));
void settings_free(struct settings *settings);

// Was the key given a value by file, environment or override? path: of a key in the table.
bool settings_given(const struct settings *settings, const char *path);

// One file a call, from 0 on, that holds a secret of the configuration: the configuration's own,
// one that ${file:} names, a key or keytab. A file may come twice. NULL behind the last. Caller
// frees.
char *settings_secret_file(const struct settings *settings, size_t i);

// Appends the paths whose effective values differ, separated by ", ", values untold; nothing when
// there are none. True when lanes have to start anew to go by them.
bool settings_append_differences(struct text *out, const struct settings *before,
                                 const struct settings *after);

// Appends the paths for which the file has another value than before, in vain: the environment or
// an override decides.
void settings_append_shadowed(struct text *out, const struct settings *before,
                              const struct settings *after);

// The effective configuration as YAML that reads back to itself, each value with its origin as a
// comment, secrets masked.
void config_print(const struct settings *settings, FILE *out);

// The reference of every key: name, type, default, environment name, what it does. Markdown.
void config_print_keys(FILE *out);

// A file with every key and its default.
void config_print_example(FILE *out);

// The same for outrider.yaml(5): the sections of its keys, as scdoc's source.
void config_print_scdoc(FILE *out);

// One key a call, from 0 on, as much of it as all its settings have in common: "log.level=", or
// "kafka." for a map. False behind the last.
bool config_key_stem(size_t i, struct text *out) __attribute__((warn_unused_result));

#endif
