#ifndef OUTRIDER_BASE_LOG_H
#define OUTRIDER_BASE_LOG_H

#include "outrider/base/error.h"
#include "outrider/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One event is one line and one write(2), so lines of several threads never mix. Only relay, cli
// and monitor log; the layers below return errors.

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVELS };

// auto is logfmt, and under the journal each line starts with "<N>", the syslog priority that
// sd-daemon(3) describes.
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON, LOG_FORMATS };

// The words of a configuration, indexed by the enums; "error" "warn" "info" "debug" and "auto"
// "logfmt" "json".
extern const char *const log_level_names[LOG_LEVELS];
extern const char *const log_format_names[LOG_FORMATS];

enum log_kind { LOG_KIND_STR, LOG_KIND_INT, LOG_KIND_FLOAT, LOG_KIND_BOOL };

// One key with its value; borrows both for the duration of the call. Keys are ours: lower case
// letters and underscores. Values may hold anything: they are escaped.
struct log_field {
    const char *key;
    enum log_kind kind;
    union {
        const char *str; // NULL: there is none, and the line is without the field
        int64_t integer;
        double number;
        bool boolean;
    } value;
};

#define LOG_STR(k, v)   LOG_FIELD(k, LOG_KIND_STR, .str = (v))
#define LOG_INT(k, v)   LOG_FIELD(k, LOG_KIND_INT, .integer = (int64_t)(v))
#define LOG_FLOAT(k, v) LOG_FIELD(k, LOG_KIND_FLOAT, .number = (v))
#define LOG_BOOL(k, v)  LOG_FIELD(k, LOG_KIND_BOOL, .boolean = (v))
#define LOG_FIELD(k, kind_, ...)                                                                   \
    ((struct log_field){.key = (k), .kind = (kind_), .value = {__VA_ARGS__}})

// The three fields of a struct error, in one word.
#define LOG_FAULT(err)                                                                             \
    LOG_STR("class", fault_name((err)->fault)), LOG_STR("code", (err)->code),                      \
        LOG_STR("error", (err)->text)

// LOG(LOG_INFO, "relay_started", LOG_STR("table", table), LOG_INT("lanes", lanes));
// The closing empty field lets an event without fields be written too; it is not counted.
#define LOG(level, ...) LOG_LIST(level, __VA_ARGS__, ((struct log_field){.key = NULL}))
#define LOG_LIST(level, event, ...)                                                                \
    log_event((level), (event), (const struct log_field[]){__VA_ARGS__},                           \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field) - 1)

// The same for an event whose number others decide: limited on every thread and at every level, as
// log_limit_repeats says.
#define LOG_LIMITED(level, ...)                                                                    \
    LOG_LIMITED_LIST(level, __VA_ARGS__, ((struct log_field){.key = NULL}))
#define LOG_LIMITED_LIST(level, event, ...)                                                        \
    log_event_limited((level), (event), (const struct log_field[]){__VA_ARGS__},                   \
                      sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field) - \
                          1)

// Writes one line: time, level, event, then the fields in their order. Thread-safe. A line that
// cannot be written is dropped: a full disk or a closed pipe must not stop the relay.
void log_event(enum log_level level, const char *event, const struct log_field *fields, size_t n);
void log_event_limited(enum log_level level, const char *event, const struct log_field *fields,
                       size_t n);

// Called with every warning and error, whatever the level, on the thread that logs it, before it is
// written. NULL: nobody.
typedef void log_observer(enum log_level level, const char *event, const struct log_field *fields,
                          size_t n);
void log_observe(log_observer *observer);

// Appends key and value as logfmt has them, behind a space when the text is not empty.
void log_append_field(struct text *out, const struct log_field *field);

// Until this is called: info, auto, to stderr. May be called again while other threads log.
void log_configure(enum log_level level, enum log_format format);

// Where lines go from now on; borrowed. The default is 2.
void log_set_fd(int fd);

bool log_enabled(enum log_level level);

// From now on the calling thread's lines of one event and one code are limited, together with those
// of all other threads that called this: after 20 in a row one a minute, which has the number of
// those in between as `suppressed`. The code is the text of the field `code`. Not at level debug,
// but for LOG_LIMITED.
void log_limit_repeats(void);

// Lines of an event that were suppressed.
struct suppressed {
    const char *event; // a literal
    const char *code; // NULL: lines without one, or with codes that are limited as one. Never freed
    int64_t count;
};

// Lines that were suppressed and have no line behind them that counts them; false: there are none.
// all: do not wait whether one comes.
bool log_take_suppressed(bool all, struct suppressed *ret);

#endif
