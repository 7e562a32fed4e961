// SPDX-License-Identifier: Apache-2.0
// What a relay says of itself, asked at its http.listen.
#ifndef OUTRIDER_CLI_ASK_H
#define OUTRIDER_CLI_ASK_H

#include "outrider/base/text.h"

// Appends one line, fit for a terminal, without its newline: what the relay there says, or that
// none answers. listen: of the settings; NULL: nothing is appended.
void ask_relay(const char *listen, struct text *out);

#endif
