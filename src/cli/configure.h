// SPDX-License-Identifier: Apache-2.0
// Reading the configuration, at the start and again on a reload.
#ifndef OUTRIDER_CLI_CONFIGURE_H
#define OUTRIDER_CLI_CONFIGURE_H

#include "outrider/config/settings.h"

// config_load, after which the log is as the settings say and the warnings stand in it. False: all
// errors are in `errors`, a line each, and the log is as it was.
bool configure(const struct config_sources *sources, struct settings *ret_settings,
               struct text *errors) __attribute__((warn_unused_result));

// An event a line.
void configure_log(enum log_level level, const char *event, const struct text *lines);

#endif
