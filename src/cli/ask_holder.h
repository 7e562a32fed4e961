// SPDX-License-Identifier: Apache-2.0
// Which session keeps relays from the table's slots just now, and is it a relay?
#ifndef OUTRIDER_CLI_ASK_HOLDER_H
#define OUTRIDER_CLI_ASK_HOLDER_H

#include "outrider/config/settings.h"
#include "outrider/relay/holder.h"
#include "outrider/store/report.h"

// Takes a third of a second when it looks as if it were none, else as long as one answer.
bool ask_holder(struct report *report, const struct settings *settings,
                struct slot_holder *ret_holder, enum holder_kind *ret_kind,
                struct error *err) MUST_CHECK;

#endif
