// SPDX-License-Identifier: Apache-2.0
// The statements that are made for one table.
//
// What varies is a fragment with a name: by the table's version, by its columns' types, by the
// settings. A statement is a template that names fragments, so a fact about the table is written
// once.
#include "description.h"
#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "params.h"
#include "sql.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PLACEHOLDERS_MAX = 64 };

static const char *
claimable(const struct shape *shape, const struct store_settings *settings, enum claim_kind kind)
{
    if (shape->version == 1 || settings->ordering == ORDERING_NONE)
        return sql_store_claimable_due;
    return kind == CLAIM_CHOOSING ? sql_store_claimable_v2_waiting : sql_store_claimable_v2;
}

// The statements that differ by kind. `all` has room for some placeholders more.
static void
compose_kind(struct shape *shape, enum claim_kind kind, const char *claimable_sql,
             const struct names *names, struct placeholder *all, size_t count)
{
    const bool choosing = kind == CLAIM_CHOOSING, many = shape->slots > 1;
    const char *heads = shape->version == 2 ? sql_store_heads_v2 : sql_store_heads_v1;
    const size_t common = count;

    all[count++] = (struct placeholder){"claimable", claimable_sql, true};
    all[count++] = (struct placeholder){"heads", heads, true};
    all[count++] = (struct placeholder){"unblocked", choosing ? sql_store_unblocked : "", true};
    all[count++] = (struct placeholder){"in_slot", many ? sql_store_in_slot : "", true};
    all[count++] = (struct placeholder){"slot_number", "$10", false};
    all[count++] = (struct placeholder){"after", "$2", false};
    all[count++] = (struct placeholder){"since", "$8", false};
    all[count] = (struct placeholder){"claimed", sql_store_claim, true};
    shape->claim[kind] = names_expand(names, sql_store_cut, all, count + 1);
    all[count] = (struct placeholder){"claimed", sql_store_claim_around, true};
    shape->claim_around[kind] = names_expand(names, sql_store_cut, all, count + 1);
    shape->heads[kind] = names_expand(names, heads, all, count);
    if (kind == CLAIM_PLAIN) {
        shape->places = names_expand(names, sql_store_places, all, count);
        all[count] = (struct placeholder){"claimed", sql_store_claim_one, true};
        shape->claim_one = names_expand(names, sql_store_cut, all, count + 1);
    }
    if (many) {
        count = common + 1;
        all[count++] = (struct placeholder){"heads", sql_store_heads_slots, true};
        all[count++] =
            (struct placeholder){"unblocked", choosing ? sql_store_unblocked_in_slots : "", true};
        all[count++] = (struct placeholder){"slot_number", "s.slot::integer", false};
        all[count++] = (struct placeholder){"after", "s.after", false};
        all[count++] = (struct placeholder){"since", "s.since", false};
    }
    shape->poll[kind] =
        names_expand(names, many ? sql_store_poll_slots : sql_store_poll, all, count);
}

// How a claim finds the rows that wait ahead of another of their aggregate.
static size_t
add_heads(const struct shape *shape, const struct description *description, struct placeholder *all,
          size_t count)
{
    const bool digits = description->type[COLUMN_AGGREGATE_ID] == TYPE_BYTEA;

    all[count++] = (struct placeholder){
        "head", shape->hashed ? sql_store_head_by_hash : sql_store_head_by_value, true};
    all[count++] = (struct placeholder){
        "head_name", digits ? "encode(h.{aggregate_id}, 'hex')" : "h.{aggregate_id}::text", true};
    all[count++] = (struct placeholder){
        "row_name", digits ? "encode(o.{aggregate_id}, 'hex')" : "o.{aggregate_id}::text", true};
    all[count++] = (struct placeholder){
        "still_unhashed", shape->hashed || shape->version == 1 ? "" : sql_store_still_unhashed,
        true};
    return count;
}

// Headers are decoded by functions of json, whatever else a column of that name may hold.
static bool
has_headers(const struct description *description)
{
    const uint32_t type = description->type[COLUMN_HEADERS];

    return type == TYPE_JSONB || type == TYPE_JSON;
}

// What differs from version to version.
static size_t
add_version(const struct shape *shape, const struct description *description,
            struct placeholder *all, size_t count)
{
    const bool nullable = description->nullable[COLUMN_PUBLISHED];
    const struct placeholder first[] = {
        {"version", "1", false},
        {"last_number", sql_store_last_number_none, true},
        {"placed", nullable ? sql_store_placed_v1_nullable : sql_store_placed_v1, true},
        {"unpublished", nullable ? sql_store_report_unpublished : sql_store_report_unpublished_v1,
         true},
        {"dead", sql_store_report_dead_v1, true},
        {"claimed_order", "position, id", false},
        {"position", "o.{created_at}", true},
        {"order", "o.{created_at}, o.{id}", true},
        {"newest", "o.{created_at} DESC, o.{id} DESC", true},
        {"lowest", "false", true},
    };
    static const struct placeholder second[] = {
        {"version", "2", false},
        {"last_number", sql_store_last_number, true},
        {"placed", sql_store_placed_v2, true},
        {"unpublished", sql_store_report_unpublished, true},
        {"dead", sql_store_report_dead_v2, true},
        {"claimed_order", "position", false},
        {"position", "o.{seq}", true},
        {"order", "o.{seq}", true},
        {"newest", "o.{seq} DESC", true},
        {"lowest", sql_store_lowest, true},
    };
    static_assert(sizeof first == sizeof second, "both versions give the same names");

    memcpy(all + count, shape->version == 2 ? second : first, sizeof first);
    return count + sizeof first / sizeof first[0];
}

// What only version 2 has: numbers. `all` has room for a placeholder more.
static void
compose_numbers(struct shape *shape, const struct names *names, struct placeholder *all,
                size_t count)
{
    all[count++] = (struct placeholder){"lost", sql_store_lost, true};
    shape->lost_some = names_expand(names, sql_store_lost_some, all, count);
    shape->lost_behind = names_expand(names, sql_store_lost_behind, all, count);
    shape->lost_lock = names_expand(names, sql_store_lost_lock, all, count);
    shape->lost_lockable = names_expand(names, sql_store_lost_lockable, all, count);
    shape->lost_unchanged = names_expand(names, sql_store_lost_unchanged, all, count);
    shape->lost_number = names_expand(names, sql_store_lost_number, all, count);
    shape->still_lost = names_expand(names, sql_store_still_lost, all, count);
    shape->renumber = names_expand(names, sql_store_renumber, all, count);
}

// Puts every statement together.
static void
compose(struct shape *shape, const struct description *description,
        const struct store_settings *settings, const struct names *names,
        const struct placeholder *fixed, size_t fixed_count)
{
    const bool v2 = shape->version == 2;
    const bool key = settings->ordering == ORDERING_KEY;
    const bool binary = description->type[COLUMN_PAYLOAD] == TYPE_BYTEA;
    const bool many = shape->slots > 1;
    char max_retries[16], slots[16], slot_mask[16];
    struct placeholder all[PLACEHOLDERS_MAX];
    size_t count = fixed_count;

    snprintf(max_retries, sizeof max_retries, "%d", settings->max_retries);
    snprintf(slots, sizeof slots, "%d", shape->table_slots);
    snprintf(slot_mask, sizeof slot_mask, "%d", shape->slots - 1);
    memcpy(all, fixed, fixed_count * sizeof *fixed);
    count = add_version(shape, description, all, count);
    all[count++] = (struct placeholder){"max_retries", max_retries, false};
    all[count++] = (struct placeholder){"slots", slots, false};
    all[count++] = (struct placeholder){"slot_mask", slot_mask, false};
    all[count++] = (struct placeholder){"slot_of", sql_store_slot_of, true};
    all[count++] = (struct placeholder){"aggregate", sql_store_aggregate, true};
    all[count++] =
        (struct placeholder){"queue", many ? sql_store_queue_of_slot : sql_store_queue, true};
    all[count++] = (struct placeholder){
        "id_there", description->nullable[COLUMN_ID] ? "AND o.{id} IS NOT NULL" : "", true};
    all[count++] = (struct placeholder){"lock_class", sql_store_lock_class, true};
    all[count++] = (struct placeholder){"row", sql_store_row, true};
    all[count++] = (struct placeholder){"attempts", sql_store_attempts, true};
    all[count++] = (struct placeholder){
        "payload", binary ? "o.{payload_column}" : "o.{payload_column}::text", true};
    all[count++] = (struct placeholder){"lock_wait", key ? "NOWAIT" : "SKIP LOCKED", true};
    all[count++] = (struct placeholder){
        "row_headers", has_headers(description) ? sql_store_row_headers : "NULL::text[]", true};
    count = add_heads(shape, description, all, count);
    assert(count + 12 <= PLACEHOLDERS_MAX); // those of a kind follow

    for (enum claim_kind kind = 0; kind < CLAIM_KINDS; kind++)
        compose_kind(shape, kind, claimable(shape, settings, kind), names, all, count);
    all[count++] = (struct placeholder){"slot_number", "$1", false};
    all[count] =
        (struct placeholder){"slot", key ? sql_store_slot_exclusive : sql_store_slot_shared, true};
    shape->view = names_expand(names, sql_store_view, all, count + 1);
    all[count] =
        (struct placeholder){"slot", key ? sql_store_slot_wait : sql_store_slot_shared, true};
    shape->view_waiting_for_slot = names_expand(names, sql_store_view, all, count + 1);
    shape->settings = names_expand(names, sql_store_settings, all, count);
    shape->lock_holder = names_expand(names, sql_store_lock_holder, all, count);
    shape->lock_row = names_expand(names, sql_store_lock_row, all, count);
    shape->aggregate_of = names_expand(names, sql_store_aggregate_of, all, count);
    shape->unmarked = names_expand(names, sql_store_unmarked, all, count);
    shape->others = names_expand(names, sql_store_others, all, count);
    shape->settle = names_expand(
        names, settings->on_published == ON_PUBLISHED_MARK ? sql_store_mark : sql_store_delete, all,
        count);
    shape->fail = names_expand(names, v2 ? sql_store_fail_v2 : sql_store_fail_v1, all, count);
    shape->uncounted =
        names_expand(names, v2 ? sql_store_uncounted_v2 : sql_store_uncounted_v1, all, count);
    if (v2)
        compose_numbers(shape, names, all, count);
}

// With what tells this table and its definition from any other.
void
shape_compose(struct shape *shape, const struct description *description,
              const struct store_settings *settings, const struct names *names,
              const struct placeholder *fixed, size_t fixed_count)
{
    const struct store_table *table = &shape->table;
    char oid[24], definition[32];
    AUTOFREE char *identity = sql_literal(table->identity);
    struct text same_identity __attribute__((cleanup(text_free))) = {0};
    struct placeholder all[PLACEHOLDERS_MAX];
    size_t count = fixed_count;

    snprintf(oid, sizeof oid, "'%" PRIu32 "'::oid", table->oid);
    snprintf(definition, sizeof definition, "'%" PRId64 "'", table->definition);
    text_appendf(&same_identity, "v.identity = %s", identity);
    memcpy(all, fixed, fixed_count * sizeof *fixed);
    all[count++] = (struct placeholder){"oid", oid, false};
    all[count++] = (struct placeholder){
        "of_table", description->children ? sql_store_of_family : "= {oid}", true};
    all[count++] = (struct placeholder){"known_definition", definition, false};
    all[count++] = (struct placeholder){"same_table", sql_store_same_table, true};
    all[count++] = (struct placeholder){
        "same_version",
        shape->has_version_table ? sql_store_same_version : sql_store_same_version_absent, true};
    all[count++] = (struct placeholder){
        "same_identity", table->identity[0] ? same_identity.data : sql_store_no_identity, false};
    all[count++] = (struct placeholder){"unchanged", sql_store_unchanged, true};
    compose(shape, description, settings, names, all, count);
}
