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

// Parameters and answer are texts, on either kind of connection.
enum { PARAMS = 4, COLUMNS = 9 };

static const struct answer holder = {"ttttttttt", 0};

struct numbers {
    char first[16], last[16];
};

// The texts point into `numbers` and to the table's quoted name.
static void
fill_params(struct numbers *numbers, const char *table, struct slot_range slots, bool keeps_order,
            const char *ret_texts[PARAMS])
{
    snprintf(numbers->first, sizeof numbers->first, "%d", slots.first);
    snprintf(numbers->last, sizeof numbers->last, "%d", slots.last);
    ret_texts[0] = table;
    ret_texts[1] = numbers->first;
    ret_texts[2] = numbers->last;
    ret_texts[3] = keeps_order ? "true" : "false";
}

static void
read_answer(const char *const columns[COLUMNS], struct slot_holder *ret_holder)
{
    enum { PID, TRANSACTION, MAY_CLAIM, IN_TRANSACTION, LOCK, WHO, REMEDY, CHANGES, AGE };
    *ret_holder = (struct slot_holder){
        .found = true,
        .pid = (int)strtol(columns[PID], NULL, 10),
        .may_claim = str_equal(columns[MAY_CLAIM], "true"),
        .in_transaction = str_equal(columns[IN_TRANSACTION], "true"),
        .changes = strtoll(columns[CHANGES], NULL, 10),
        .transaction_ms = strtoll(columns[AGE], NULL, 10),
    };

    snprintf(ret_holder->transaction, sizeof ret_holder->transaction, "%s", columns[TRANSACTION]);
    snprintf(ret_holder->lock, sizeof ret_holder->lock, "%s", columns[LOCK]);
    snprintf(ret_holder->who, sizeof ret_holder->who, "%s", columns[WHO]);
    snprintf(ret_holder->remedy, sizeof ret_holder->remedy, "%s", columns[REMEDY]);
}

bool
slot_holder_look(struct visit *visit, struct slot_range slots, bool keeps_order,
                 struct slot_holder *ret_holder, struct error *err)
{
    AUTOFREE char *table = names_relation(&visit->names, NULL);
    struct numbers numbers;
    const char *texts[PARAMS], *answer[COLUMNS];
    struct session_result *result;

    fill_params(&numbers, table, slots, keeps_order, texts);
    if (!visit_run(visit, sql_store_slot_holder, texts, PARAMS, VISIT_LOOK_MS, &result, err) ||
        !session_expect(&result, holder.fields, 0, err))
        return false;
    *ret_holder = (struct slot_holder){0};
    for (size_t i = 0; session_rows(result) > 0 && i < COLUMNS; i++)
        answer[i] = session_value(result, 0, i);
    if (session_rows(result) > 0)
        read_answer(answer, ret_holder);
    session_result_free(result);
    return true;
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
    struct numbers numbers;
    const char *texts[PARAMS], *answer[COLUMNS];
    struct params params __attribute__((cleanup(params_free))) = {0};
    struct params limits __attribute__((cleanup(params_free))) = {0};
    struct step steps[] = {
        store_poll_settings(store, &limits),
        {.sql = sql_store_slot_holder, .params = &params, .answer = &holder},
    };
    const size_t first = store->arrival.own ? 1 : 0;

    fill_params(&numbers, table, slots, keeps_order, texts);
    for (size_t i = 0; i < PARAMS; i++)
        params_text(&params, texts[i]);
    if (!pipeline_require(&store->wire, store_patience_ms(store), steps + first, 2 - first, err))
        return error_prefix(err, "looking for the session that holds a slot");
    const PGresult *seen = steps[1].result;
    *ret_holder = (struct slot_holder){0};
    for (int i = 0; PQntuples(seen) > 0 && i < COLUMNS; i++)
        answer[i] = PQgetvalue(seen, 0, i);
    if (PQntuples(seen) > 0)
        read_answer(answer, ret_holder);
    pipeline_clear(steps + first, 2 - first);
    return true;
}
