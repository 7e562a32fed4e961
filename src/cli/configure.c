// SPDX-License-Identifier: Apache-2.0
//
// Reading the configuration, at the start and again on a reload.
#include "configure.h"

#include <string.h>

void
configure_log(enum log_level level, const char *event, const struct text *lines)
{
    const char *line = text_str(lines);
    while (*line != '\0') {
        __attribute__((cleanup(text_free))) struct text one = {0};
        const size_t len = strcspn(line, "\n");
        text_append_bytes(&one, line, len);
        if (len > 0)
            LOG(level, event, LOG_STR("text", text_str(&one)));
        line += len + (line[len] != '\0');
    }
}

bool
configure(const struct config_sources *sources, struct settings *ret_settings, struct text *errors)
{
    __attribute__((cleanup(text_free))) struct text warnings = {0};
    const bool good = config_load(sources, ret_settings, errors, &warnings);
    if (good)
        log_configure(ret_settings->log_level, ret_settings->log_format);
    configure_log(LOG_WARN, "config_warning", &warnings);
    return good;
}
