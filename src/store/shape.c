// SPDX-License-Identifier: Apache-2.0
// The table as it is in the database, and the statements that are made for it.
//
// The application owns the table: it may be older than outrider, have its columns in another order
// and under other names, and be nullable where ours is not. So what can vary is read once a
// connection, and again when the version changes, and every statement is put together from the SQL
// files accordingly. That costs a few allocations then, and nothing in the loop.
#include "shape.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/store/column_kind.h"
#include "outrider/store/column_type.h"
#include "params.h"
#include "pipeline.h"
#include "sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PLACEHOLDERS_MAX = 64 };

struct description {
    bool found;
    char relkind;
    uint32_t oid;
    int64_t definition;
    bool present[COLUMN_COUNT];
    uint32_t type[COLUMN_COUNT];
    char type_name[COLUMN_COUNT][64];
    bool nullable[COLUMN_COUNT];
    char computed[COLUMN_COUNT]; // column_kind.h
};

// One statement, outside a transaction.
static bool
ask(struct wire *wire, const char *sql, const struct answer *answer, PGresult **ret_result,
    struct error *err)
{
    enum { PATIENCE_MS = 10000 };
    struct step step = {.sql = sql, .answer = answer};

    if (!pipeline_require(wire, PATIENCE_MS, &step, 1, err))
        return false;
    *ret_result = step.result;
    return true;
}

// The columns of sql/store/describe.sql.
enum { KIND, NAME, TYPE, TYPE_NAME, NOT_NULL, TABLE_OID, DEFINITION, COMPUTED };
static const struct answer description_answer = {"ttitbiLt", 0};

static void
note_column(struct description *description, const struct names *names, const PGresult *result,
            int row)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (strcmp(names->columns[i], PQgetvalue(result, row, NAME)) != 0)
            continue;
        description->present[i] = true;
        description->type[i] = (uint32_t)wire_int4(PQgetvalue(result, row, TYPE));
        snprintf(description->type_name[i], sizeof description->type_name[i], "%s",
                 PQgetvalue(result, row, TYPE_NAME));
        description->nullable[i] = PQgetvalue(result, row, NOT_NULL)[0] == 0;
        description->computed[i] = PQgetvalue(result, row, COMPUTED)[0];
    }
}

static bool
describe(struct wire *wire, const struct names *names, const char *sql,
         struct description *ret_description, struct error *err)
{
    PGresult *result;

    if (!ask(wire, sql, &description_answer, &result, err))
        return false;
    *ret_description = (struct description){.found = PQntuples(result) > 0};
    for (int row = 0; row < PQntuples(result); row++) {
        ret_description->relkind = PQgetvalue(result, row, KIND)[0];
        ret_description->oid = (uint32_t)wire_int4(PQgetvalue(result, row, TABLE_OID));
        if (!PQgetisnull(result, row, DEFINITION))
            ret_description->definition = wire_int8(PQgetvalue(result, row, DEFINITION));
        note_column(ret_description, names, result, row);
    }
    PQclear(result);
    return true;
}

// What lies beside the table. Numbered rows without a version table are refused.
static bool
look_beside(struct wire *wire, struct shape *shape, const struct names *names, const char *sql,
            struct error *err)
{
    static const struct answer beside = {"bbT", 0};
    PGresult *result;

    if (!ask(wire, sql, &beside, &result, err))
        return false;
    const bool any = PQntuples(result) > 0;
    shape->has_version_table = any && PQgetvalue(result, 0, 0)[0] != 0;
    shape->hashed = any && PQgetvalue(result, 0, 1)[0] != 0;
    const char *sequence = any && !PQgetisnull(result, 0, 2) ? PQgetvalue(result, 0, 2) : NULL;
    const bool known = shape->has_version_table || names_check_unversioned(names, sequence, err);
    PQclear(result);
    return known;
}

static bool
read_version(struct wire *wire, struct shape *shape, const char *sql, struct error *err)
{
    static const struct answer row = {"iiT", 0};
    PGresult *result;

    shape->version = shape->table_slots = 1;
    if (!shape->has_version_table)
        return true;
    if (!ask(wire, sql, &row, &result, err))
        return error_prefix(err, "reading the table's version");
    int version = PQntuples(result) > 0 ? wire_int4(PQgetvalue(result, 0, 0)) : 0;
    int slots = PQntuples(result) > 0 ? wire_int4(PQgetvalue(result, 0, 1)) : 0;
    snprintf(shape->table.identity, sizeof shape->table.identity, "%s",
             PQntuples(result) > 0 ? PQgetvalue(result, 0, 2) : "");
    PQclear(result);
    if (version < 1 || version > 2 || slots < 1 || slots > STORE_SLOTS_MAX ||
        (slots & (slots - 1)) != 0)
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "the table has version %d with %d slots, which this outrider does not "
                         "know; install a newer outrider",
                         version, slots);
    shape->version = version;
    shape->table_slots = slots;
    return true;
}

static bool
check_columns(const struct description *description, const struct names *names, int version,
              struct error *err)
{
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        if (column_since(column) > version)
            continue;
        if (!description->present[column])
            return column_missing(column, names->table, names->columns[column], err);
        if (!column_type_fits(column, description->type[column]))
            return error_set(err, FAULT_CLUSTER, "TABLE",
                             "column \"%s\" of table \"%s\" is of type %s; outrider needs %s",
                             names->columns[column], names->table, description->type_name[column],
                             column_type_wanted(column));
    }
    return true;
}

// What the relay writes can be written.
static bool
check_kinds(const struct description *description, const struct names *names, int version,
            struct error *err)
{
    struct column_defect defect;

    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        if (column_since(column) > version ||
            !column_find_defect(column, !description->nullable[column],
                                description->computed[column], &defect))
            continue;
        AUTOFREE char *table = names_relation(names, NULL);
        AUTOFREE char *name = sql_identifier(names->columns[column]);
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "column %s of table %s %s; ALTER TABLE %s ALTER COLUMN %s %s, or map "
                         "another column: outbox.columns.%s",
                         name, table, defect.why, table, name, defect.alter, column_name(column));
    }
    return true;
}

// Version 1 reads the queue in created_at's order, and a NULL has no place in it.
static bool
check_order(const struct description *description, const struct names *names, int version,
            struct error *err)
{
    if (version > 1 || !description->nullable[COLUMN_CREATED_AT])
        return true;
    return error_set(err, FAULT_CLUSTER, "TABLE",
                     "column \"%s\" of table \"%s\" may be NULL, and a row without it would "
                     "never be found; make it NOT NULL, or run `outrider schema apply`: version 2 "
                     "does not need it",
                     names->columns[COLUMN_CREATED_AT], names->table);
}

static bool
check_table(const struct description *description, const struct names *names, struct error *err)
{
    if (!description->found)
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "there is no table \"%s\"%s%s in this database; `outrider schema apply` "
                         "makes it",
                         names->table, names->schema ? " in schema " : "",
                         names->schema ? names->schema : "");
    if (description->relkind != 'r' && description->relkind != 'p')
        return error_set(err, FAULT_CLUSTER, "TABLE",
                         "\"%s\" is not a table; outrider locks rows, which only a table has",
                         names->table);
    return true;
}

static const char *
claimable(const struct shape *shape, const struct store_settings *settings, enum claim_kind kind)
{
    if (shape->version == 1)
        return sql_store_claimable_v1;
    if (settings->ordering == ORDERING_NONE)
        return sql_store_claimable_v2_due;
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
    if (kind == CLAIM_PLAIN)
        shape->places = names_expand(names, sql_store_places, all, count);
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

static struct placeholder
last_number(const struct shape *shape)
{
    const char *sql = shape->version == 2 ? sql_store_last_number : sql_store_last_number_none;
    return (struct placeholder){"last_number", sql, true};
}

// What only version 2 has: numbers.
static void
compose_numbers(struct shape *shape, const struct names *names, const struct placeholder *all,
                size_t count)
{
    shape->lost_exist = names_expand(names, sql_store_lost_exist, all, count);
    shape->lost_number = names_expand(names, sql_store_lost_number, all, count);
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
    const bool nullable = description->nullable[COLUMN_PUBLISHED];
    const bool binary = description->type[COLUMN_PAYLOAD] == TYPE_BYTEA;
    const bool many = shape->slots > 1;
    char max_retries[16], slots[16], slot_mask[16];
    struct placeholder all[PLACEHOLDERS_MAX];
    size_t count = fixed_count;

    snprintf(max_retries, sizeof max_retries, "%d", settings->max_retries);
    snprintf(slots, sizeof slots, "%d", shape->table_slots);
    snprintf(slot_mask, sizeof slot_mask, "%d", shape->slots - 1);
    memcpy(all, fixed, fixed_count * sizeof *fixed);
    all[count++] = (struct placeholder){"version", v2 ? "2" : "1", false};
    all[count++] = last_number(shape);
    all[count++] = (struct placeholder){"max_retries", max_retries, false};
    all[count++] = (struct placeholder){"slots", slots, false};
    all[count++] = (struct placeholder){"slot_mask", slot_mask, false};
    all[count++] = (struct placeholder){"slot_of", sql_store_slot_of, true};
    all[count++] = (struct placeholder){"aggregate", sql_store_aggregate, true};
    all[count++] =
        (struct placeholder){"queue", many ? sql_store_queue_of_slot : sql_store_queue, true};
    all[count++] = (struct placeholder){"lock_class", sql_store_lock_class, true};
    all[count++] = (struct placeholder){"row", sql_store_row, true};
    all[count++] = (struct placeholder){"attempts", sql_store_attempts, true};
    all[count++] = (struct placeholder){"placed",
                                        v2         ? sql_store_placed_v2
                                        : nullable ? sql_store_placed_v1_nullable
                                                   : sql_store_placed_v1,
                                        true};
    all[count++] = (struct placeholder){
        "unpublished",
        v2 || nullable ? sql_store_report_unpublished_v2 : sql_store_report_unpublished_v1, true};
    all[count++] = (struct placeholder){
        "dead", v2 ? sql_store_report_dead_v2 : sql_store_report_dead_v1, true};
    all[count++] = (struct placeholder){
        "newest", v2 ? "o.{seq} DESC" : "o.{created_at} DESC, o.{id} DESC", true};
    all[count++] = (struct placeholder){"claimed_order", v2 ? "position" : "position, id", false};
    all[count++] = (struct placeholder){
        "payload", binary ? "o.{payload_column}" : "o.{payload_column}::text", true};
    all[count++] = (struct placeholder){"position", v2 ? "o.{seq}" : "o.{created_at}", true};
    all[count++] = (struct placeholder){"order", v2 ? "o.{seq}" : "o.{created_at}, o.{id}", true};
    all[count++] = (struct placeholder){"lock_wait", key ? "NOWAIT" : "SKIP LOCKED", true};
    all[count++] = (struct placeholder){
        "row_headers", has_headers(description) ? sql_store_row_headers : "NULL::text[]", true};
    count = add_heads(shape, description, all, count);

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
    if (v2)
        compose_numbers(shape, names, all, count);
}

// Composes with what tells this table and definition from any other.
static void
compose_for_table(struct shape *shape, const struct description *description,
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

// Position in the order of the rows: what its parameters are typed as.
static Oid
position_type(const struct shape *shape, const struct description *description)
{
    return shape->version == 2 ? TYPE_INT8 : description->type[COLUMN_CREATED_AT];
}

bool
shape_read(struct wire *wire, const struct store_settings *settings, const struct names *names,
           struct shape *ret_shape, struct error *err)
{
    AUTOFREE char *table = names_relation(names, NULL);
    AUTOFREE char *table_literal = sql_literal(table);
    AUTOFREE char *version_table = names_relation(names, "_outrider");
    AUTOFREE char *version_table_literal = sql_literal(version_table);
    AUTOFREE char *waiting_hash = names_relation(names, "_outrider_waiting_hash");
    AUTOFREE char *waiting_hash_literal = sql_literal(waiting_hash);
    AUTOFREE char *sequence = names_relation(names, "_outrider_seq");
    AUTOFREE char *sequence_literal = sql_literal(sequence);
    AUTOFREE char *payload = sql_identifier(names->columns[COLUMN_PAYLOAD]);
    AUTOFREE char *last_error = sql_literal(names->columns[COLUMN_LAST_ERROR]);
    AUTOFREE char *error_class = sql_literal(names->columns[COLUMN_ERROR_CLASS]);
    AUTOFREE char *seq_name = sql_literal(names->columns[COLUMN_SEQ]);
    AUTOFREE char *columns = sql_array((const char *const *)names->columns, COLUMN_COUNT);
    AUTOFREE char *column_names = sql_literal(columns);
    AUTOFREE char *topic = names_topic(names, &settings->topic);
    const struct placeholder fixed[] = {
        {"topic", topic, false},
        {"table_literal", table_literal, false},
        {"version_table", version_table, false},
        {"version_table_literal", version_table_literal, false},
        {"sequence", sequence, false},
        {"sequence_literal", sequence_literal, false},
        {"payload_column", payload, false},
        {"last_error_literal", last_error, false},
        {"error_class_literal", error_class, false},
        {"waiting_hash_literal", waiting_hash_literal, false},
        {"seq_name", seq_name, false},
        {"hashed_waiting", sql_store_hashed_waiting, true},
        {"drawn_from", sql_store_drawn_from, true},
        {"column_names", column_names, false},
        {"base_type", sql_store_base_type, true},
        {"definition", sql_store_definition, true},
        {"oid", "c.oid", false}, // while it is not known
    };
    const size_t describing = sizeof fixed / sizeof fixed[0], fixed_count = describing - 1;
    AUTOFREE char *describe_sql = names_expand(names, sql_store_describe, fixed, describing);
    AUTOFREE char *beside_sql = names_expand(names, sql_store_version_table, fixed, fixed_count);
    AUTOFREE char *version_sql = names_expand(names, sql_store_version, fixed, fixed_count);
    struct description description;
    struct shape shape = {0};

    if (!describe(wire, names, describe_sql, &description, err) ||
        !check_table(&description, names, err) ||
        !look_beside(wire, &shape, names, beside_sql, err) ||
        !read_version(wire, &shape, version_sql, err) ||
        !check_columns(&description, names, shape.version, err) ||
        !check_kinds(&description, names, shape.version, err) ||
        !check_order(&description, names, shape.version, err))
        return false;
    shape.table.oid = description.oid;
    shape.table.definition = description.definition;
    shape.slots = shape.version == 2 && settings->ordering == ORDERING_KEY ? shape.table_slots : 1;
    shape.position_type = position_type(&shape, &description);
    compose_for_table(&shape, &description, settings, names, fixed, fixed_count);
    *ret_shape = shape;
    return true;
}

void
shape_free(struct shape *shape)
{
    for (int kind = 0; kind < CLAIM_KINDS; kind++) {
        free(shape->claim[kind]);
        free(shape->claim_around[kind]);
        free(shape->poll[kind]);
        free(shape->heads[kind]);
    }
    free(shape->settings);
    free(shape->view);
    free(shape->view_waiting_for_slot);
    free(shape->lock_holder);
    free(shape->places);
    free(shape->lock_row);
    free(shape->aggregate_of);
    free(shape->unmarked);
    free(shape->others);
    free(shape->settle);
    free(shape->fail);
    free(shape->lost_exist);
    free(shape->lost_number);
    free(shape->renumber);
    *shape = (struct shape){0};
}
