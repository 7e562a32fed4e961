// SPDX-License-Identifier: Apache-2.0
//
// The session that keeps a relay from a slot.
//
// Slots are advisory locks, and PostgreSQL lets every role take every advisory lock. A relay that
// is refused a slot therefore asks the server which session has it. The answer holds facts only;
// whether they are a relay's is judged by the caller, over several looks (relay/holder.h).
#include "slot_holder.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "sql.h"
#include "store_private.h"

#include <stdio.h>
#include <stdlib.h>

void
slot_holder_params(struct slot_holder_params *storage, const char *table, struct slot_range slots,
                   bool keeps_order, const char *ret_texts[SLOT_HOLDER_PARAMS])
{
    snprintf(storage->first, sizeof storage->first, "%d", slots.first);
    snprintf(storage->last, sizeof storage->last, "%d", slots.last);
    ret_texts[0] = table;
    ret_texts[1] = storage->first;
    ret_texts[2] = storage->last;
    ret_texts[3] = keeps_order ? "true" : "false";
}

void
slot_holder_read(const char *const *columns, struct slot_holder *ret_holder)
{
    enum { PID, TRANSACTION, MAY_CLAIM, IN_TRANSACTION, LOCK, WHO, REMEDY, CHANGES, AGE };
    struct slot_holder holder = {.found = columns != NULL};

    if (columns != NULL) {
        holder.pid = (int)strtol(columns[PID], NULL, 10);
        holder.may_claim = str_equal(columns[MAY_CLAIM], "true");
        holder.in_transaction = str_equal(columns[IN_TRANSACTION], "true");
        holder.changes = strtoll(columns[CHANGES], NULL, 10);
        holder.transaction_ms = strtoll(columns[AGE], NULL, 10);
        snprintf(holder.transaction, sizeof holder.transaction, "%s", columns[TRANSACTION]);
        snprintf(holder.lock, sizeof holder.lock, "%s", columns[LOCK]);
        snprintf(holder.who, sizeof holder.who, "%s", columns[WHO]);
        snprintf(holder.remedy, sizeof holder.remedy, "%s", columns[REMEDY]);
    }
    *ret_holder = holder;
}

// A lane that keeps no order shares every slot of the table, so a session in any of them is in its
// way.
bool
store_slot_holder(struct store *store, int slot, struct slot_holder *ret_holder, struct error *err)
{
    const bool keeps_order = store->settings.ordering == ORDERING_KEY;
    const struct slot_range slots = {keeps_order ? slot : 0,
                                     keeps_order ? slot : store->shape.table_slots - 1};
    AUTOFREE char *table = names_relation(&store->names, NULL);
    struct slot_holder_params storage;
    const char *texts[SLOT_HOLDER_PARAMS], *answer[SLOT_HOLDER_COLUMNS];
    struct params params __attribute__((cleanup(params_free))) = {0};
    static const struct answer holder = {SLOT_HOLDER_FIELDS, 0};
    struct step step = {.sql = sql_store_slot_holder, .params = &params, .answer = &holder};

    slot_holder_params(&storage, table, slots, keeps_order, texts);
    for (size_t i = 0; i < SLOT_HOLDER_PARAMS; i++)
        params_text(&params, texts[i]);
    if (!pipeline_require(&store->wire, store_patience_ms(store), &step, 1, err))
        return error_prefix(err, "looking for the session that holds a slot");
    const bool found = PQntuples(step.result) > 0;
    for (int i = 0; found && i < SLOT_HOLDER_COLUMNS; i++)
        answer[i] = PQgetvalue(step.result, 0, i);
    slot_holder_read(found ? answer : NULL, ret_holder);
    pipeline_clear(&step, 1);
    return true;
}
