#ifndef OUTRIDER_BASE_ERROR_H
#define OUTRIDER_BASE_ERROR_H

#include <stdbool.h>

// A function that can fail returns false exactly when it filled its error; nobody may ignore that.
#define MUST_CHECK __attribute__((warn_unused_result))

// Whose fault a failure is. The class alone decides what the relay does about it; there is no
// fourth. What nobody classified is FAULT_CLUSTER, because that class never burns a row's attempts.
enum fault {
    FAULT_MESSAGE, // this row's content
    FAULT_TOPIC,   // the row's destination
    FAULT_CLUSTER, // Kafka, PostgreSQL or this host as a whole
};

// A failure as data: nothing in it needs freeing, so it may be copied and dropped.
struct error {
    enum fault fault;
    char code[32];  // SQLSTATE, Kafka's name of the error, an errno's name, or a word of our own
    char text[512]; // for people, safe to show (base/safe.h), no secrets
};

// Fills *err and returns false, so that a failing function can end with `return error_set(...)`.
// Code and text are made safe (base/safe.h), and cut to what fits. The arguments may point into
// *err.
bool error_set(struct error *err, enum fault fault, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5), nonnull(1, 3, 4), cold));

// Puts context in front of the text, as "context: text"; class and code stay. Returns false.
bool error_prefix(struct error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), nonnull(1, 2), cold));

// "message", "topic" or "cluster": the word in logs, metrics and the error_class column.
const char *fault_name(enum fault fault);

#endif
