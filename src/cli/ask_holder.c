// SPDX-License-Identifier: Apache-2.0
//
// Which session keeps relays from the table's slots just now?
//
// A running relay judges by looks that it takes as long as it waits. A command has no such time: it
// looks a few times in a row at a session in a state that no relay is in, and believes what the
// server shows of the age of any other's transaction.
#include "ask_holder.h"

#include "outrider/relay/health.h"

enum { BETWEEN_MS = 100 };

bool
ask_holder(struct report *report, const struct settings *settings, struct slot_holder *ret_holder,
           enum holder_kind *ret_kind, struct error *err)
{
    const int64_t longest_ms = health_limits(&settings->relay, &settings->store).progress_ms;
    struct holder_watch watch = {0};
    struct slot_holder holder;

    do {
        if (watch.odd_looks > 0)
            mono_sleep_ms(BETWEEN_MS);
        if (!report_slot_holder(report, &holder, err))
            return false;
        holder_note(&watch, &holder, mono_now());
    } while (watch.odd_looks > 0 && watch.odd_looks < HOLDER_ODD_LOOKS);
    *ret_holder = holder;
    *ret_kind = holder_judge(&watch, longest_ms, false, mono_now());
    return true;
}
