// SPDX-License-Identifier: Apache-2.0
// The table as it is in the database, and the statements that are made for it.
//
// The application owns the table: it may be older than outrider, have its columns in another order
// and under other names, and be nullable where ours is not. So what can vary is read once a
// connection, and again when the version changes, and every statement is put together from the SQL
// files accordingly. That costs a few allocations then, and nothing in the loop.
#include "description.h"

#include "outrider/base/text.h"
#include "outrider/base/xalloc.h"
#include "outrider/store/column_kind.h"
#include "outrider/store/column_type.h"
#include "params.h"
#include "pipeline.h"
#include "sql.h"

#include <stdlib.h>
#include <string.h>

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
enum { KIND, NAME, TYPE, TYPE_NAME, NOT_NULL, TABLE_OID, DEFINITION, COMPUTED, UNDOING, CHILDREN };
static const struct answer description_answer = {"ttitbiLtib", 0};

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
        ret_description->undoing = (enum undoing)wire_int4(PQgetvalue(result, row, UNDOING));
        ret_description->children = PQgetvalue(result, row, CHILDREN)[0] != 0;
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
read_version(struct wire *wire, struct shape *shape, const struct names *names, const char *sql,
             struct error *err)
{
    static const struct answer row = {"iiT", 0};
    PGresult *result;

    shape->version = shape->table_slots = 1;
    if (!shape->has_version_table)
        return true;
    if (!ask(wire, sql, &row, &result, err))
        return error_prefix(err, "reading the table's version");
    if (PQntuples(result) == 0) {
        PQclear(result);
        return names_without_version(names, err);
    }
    const int version = wire_int4(PQgetvalue(result, 0, 0));
    const int slots = wire_int4(PQgetvalue(result, 0, 1));
    snprintf(shape->table.identity, sizeof shape->table.identity, "%s", PQgetvalue(result, 0, 2));
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
        {"undoing", sql_store_undoing, true},
        {"fires", settings->on_published == ON_PUBLISHED_MARK ? "16" : "24", false},
        // While they are not known:
        {"oid", "c.oid", false},
        {"of_table", sql_store_of_family, true},
    };
    const size_t describing = sizeof fixed / sizeof fixed[0], fixed_count = describing - 2;
    AUTOFREE char *describe_sql = names_expand(names, sql_store_describe, fixed, describing);
    AUTOFREE char *beside_sql = names_expand(names, sql_store_version_table, fixed, fixed_count);
    AUTOFREE char *version_sql = names_expand(names, sql_store_version, fixed, fixed_count);
    struct description description;
    struct shape shape = {0};

    if (!describe(wire, names, describe_sql, &description, err) ||
        !check_table(&description, names, err) ||
        !look_beside(wire, &shape, names, beside_sql, err) ||
        !read_version(wire, &shape, names, version_sql, err) ||
        !check_columns(&description, names, shape.version, err) ||
        !check_kinds(&description, names, shape.version, err) ||
        !check_order(&description, names, shape.version, err))
        return false;
    shape.table.oid = description.oid;
    shape.table.definition = description.definition;
    shape.slots = shape.version == 2 && settings->ordering == ORDERING_KEY ? shape.table_slots : 1;
    shape.position_type = position_type(&shape, &description);
    shape.undoing = description.undoing;
    shape_compose(&shape, &description, settings, names, fixed, fixed_count);
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
    free(shape->claim_one);
    free(shape->lock_row);
    free(shape->aggregate_of);
    free(shape->unmarked);
    free(shape->others);
    free(shape->settle);
    free(shape->fail);
    free(shape->uncounted);
    free(shape->lost_some);
    free(shape->lost_behind);
    free(shape->lost_lock);
    free(shape->lost_lockable);
    free(shape->lost_unchanged);
    free(shape->lost_number);
    free(shape->still_lost);
    free(shape->renumber);
    *shape = (struct shape){0};
}
