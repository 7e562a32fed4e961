// SPDX-License-Identifier: Apache-2.0
// JSON, written from left to right: commas come by themselves. Private to the monitor.
#ifndef OUTRIDER_MONITOR_JSON_H
#define OUTRIDER_MONITOR_JSON_H

#include "outrider/base/text.h"

#include <stdbool.h>
#include <stdint.h>

// Every function takes the member's name, NULL for an array's element.
void json_open(struct text *out, const char *name, char bracket);      // '{' or '['
void json_close(struct text *out, char bracket);                       // '}' or ']'
void json_text(struct text *out, const char *name, const char *value); // NULL: null
void json_int(struct text *out, const char *name, int64_t value);
void json_number(struct text *out, const char *name, double value);
void json_bool(struct text *out, const char *name, bool value);
void json_null(struct text *out, const char *name);
void json_time(struct text *out, const char *name, int64_t unix_us); // RFC 3339

#endif
