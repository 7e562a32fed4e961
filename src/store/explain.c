// SPDX-License-Identifier: Apache-2.0
//
// The plan that a claim gets: the window's own statement, settings and parameters, but explained
// and rolled back, so that no row is locked.
#include "store_private.h"

#include "claims.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>

static void
append_lines(struct text *plan, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        text_append(plan, PQgetvalue(result, row, 0));
        text_append_char(plan, '\n');
    }
}

bool
store_explain_claim(struct store *store, const struct claim *claim, struct text *plan,
                    struct error *err)
{
    const struct placeholder of[] = {{"claim", store->shape.claim[claims_kind(claim, 1)], false}};
    AUTOFREE char *explain = names_expand(&store->names, sql_store_inspect_plan, of, 1);
    static const struct answer lines = {"t", 0};
    struct params settings __attribute__((cleanup(params_free))) = {0};
    struct params claimed __attribute__((cleanup(params_free))) = {0};
    struct step steps[] = {
        {.sql = "BEGIN ISOLATION LEVEL READ COMMITTED"},
        {.sql = store->shape.settings, .params = &settings},
        {.sql = sql_store_inspect_slot},
        {.sql = explain, .params = &claimed, .answer = &lines},
        {.sql = "ROLLBACK"},
    };
    const size_t count = sizeof steps / sizeof steps[0];

    store_settings_params(store, &settings);
    claims_params_of_one(&store->shape, claim, &claimed);
    if (!pipeline_require(&store->wire, store_patience_ms(store), steps, count, err)) {
        struct error second; // the first is the one to tell
        bool ignored = store_rollback(store, &second);
        (void)ignored;
        return false;
    }
    append_lines(plan, steps[3].result);
    pipeline_clear(steps, count);
    return true;
}
