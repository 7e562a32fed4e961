// SPDX-License-Identifier: Apache-2.0
//
// schema print --grants: THE table of roles and of the least that each needs.
//
// The roles have no login and no member; whoever runs the script makes his logins members of them.
// What everybody has by default (USAGE on the schema public, EXECUTE on functions), or by schema
// apply (the version table, the sequence), is not granted again. An integration test takes each
// grant away and sees something fail for it.
#include "context.h"
#include "sql.h"

#include "outrider/base/xalloc.h"
#include "outrider/store/column_type.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum role { OWNER, WRITER, RELAY, MONITOR, CONSUMER, ROLES };

static const struct {
    const char *suffix; // of the role's name, behind the table's
    const char *about;
    bool of_inbox;
} roles[ROLES] = {
    [OWNER] = {"_owner",
               "Schema apply and revert. Leave the ALTERs out to leave a table its owner, and make "
               "who applies a\n-- member of that one",
               false},
    [WRITER] = {"_writer",
                "Applications: insert messages, or call the enqueue function. Add columns of your "
                "own that they fill;\n-- an ORM that names every column needs INSERT on the table",
                false},
    [RELAY] = {"_relay", "Run, drain, dead, purge", false},
    [MONITOR] = {"_monitor", "Status, schema status, dead list; no payload is seen", false},
    [CONSUMER] = {"_consumer", "Consumers: note messages in the inbox", true},
};

// Up to COLUMN_COUNT; those of a later version than is printed are left out.
static const enum column insert_columns[] = {
    COLUMN_ID,      COLUMN_AGGREGATE_TYPE, COLUMN_AGGREGATE_ID, COLUMN_EVENT_TYPE,
    COLUMN_PAYLOAD, COLUMN_HEADERS,        COLUMN_COUNT,
};
static const enum column update_columns[] = {
    COLUMN_PUBLISHED,  COLUMN_PUBLISHED_AT, COLUMN_RETRY_COUNT,
    COLUMN_LAST_ERROR, COLUMN_ERROR_CLASS,  COLUMN_NEXT_ATTEMPT_AT,
    COLUMN_DEAD_AT,    COLUMN_SEQ,          COLUMN_COUNT,
};
static const enum column look_columns[] = {
    COLUMN_ID,         COLUMN_AGGREGATE_TYPE, COLUMN_AGGREGATE_ID, COLUMN_EVENT_TYPE,
    COLUMN_PUBLISHED,  COLUMN_RETRY_COUNT,    COLUMN_CREATED_AT,   COLUMN_SEQ,
    COLUMN_LAST_ERROR, COLUMN_ERROR_CLASS,    COLUMN_DEAD_AT,      COLUMN_COUNT,
};

// Where a grant has its place.
enum place { ANYWHERE, IN_PUBLIC, IN_OWN_SCHEMA };

static const struct grant {
    enum role role;
    const char *sql;
    const enum column *columns; // NULL: none to name
    enum place place;
    enum function function; // whose owner is said
    int since;              // of the table's versions
    bool of_inbox;
} grants[] = {
    {.role = OWNER, .sql = sql_schema_grant_create_public, .place = IN_PUBLIC},
    {.role = OWNER, .sql = sql_schema_grant_create, .place = IN_OWN_SCHEMA},
    {.role = OWNER, .sql = sql_schema_own_table},
    {.role = OWNER, .sql = sql_schema_own_version_table, .since = 2},
    {.role = OWNER, .sql = sql_schema_own_inbox, .of_inbox = true},
    {.role = OWNER,
     .sql = sql_schema_own_function,
     .function = FUNCTION_INBOX_PURGE,
     .of_inbox = true},
    {.role = OWNER, .sql = sql_schema_own_function, .function = FUNCTION_ENQUEUE, .of_inbox = true},
    {.role = WRITER, .sql = sql_schema_grant_usage, .place = IN_OWN_SCHEMA},
    {.role = WRITER, .sql = sql_schema_grant_insert, .columns = insert_columns},
    {.role = RELAY, .sql = sql_schema_grant_usage, .place = IN_OWN_SCHEMA},
    {.role = RELAY, .sql = sql_schema_grant_select},
    {.role = RELAY, .sql = sql_schema_grant_update, .columns = update_columns},
    {.role = RELAY, .sql = sql_schema_grant_delete},
    {.role = MONITOR, .sql = sql_schema_grant_usage, .place = IN_OWN_SCHEMA},
    {.role = MONITOR, .sql = sql_schema_grant_look, .columns = look_columns},
    {.role = CONSUMER, .sql = sql_schema_grant_usage, .place = IN_OWN_SCHEMA, .of_inbox = true},
    {.role = CONSUMER, .sql = sql_schema_grant_receive, .of_inbox = true},
};

static bool
in_public(const struct names *names)
{
    return names->schema == NULL || str_equal(names->schema, "public");
}

static bool
is_wanted(const struct context *context, const struct grant *grant)
{
    const bool public = in_public(&context->names);

    return grant->since <= context->asked.version && (!grant->of_inbox || context->asked.inbox) &&
           (grant->place == ANYWHERE || (grant->place == IN_PUBLIC) == public);
}

// "seq", "headers", ...
static char *
column_list(const struct context *context, const enum column *columns)
{
    struct text list = {0};

    for (size_t i = 0; columns[i] != COLUMN_COUNT; i++) {
        if (column_since(columns[i]) > context->asked.version)
            continue;
        AUTOFREE char *name = sql_identifier(context->names.columns[columns[i]]);
        text_appendf(&list, "%s%s", list.len > 0 ? ", " : "", name);
    }
    return list.data;
}

// The role's name, quoted.
static char *
role_identifier(const struct context *context, enum role role)
{
    AUTOFREE char *name = names_derived(&context->names, roles[role].suffix);
    return sql_identifier(name);
}

// A statement with what is a grant's own, and what is every schema command's.
static void
append(const struct context *context, const char *sql, const struct grant *grant, struct text *out)
{
    AUTOFREE char *role = role_identifier(context, grant->role);
    AUTOFREE char *literal = sql_literal(role);
    AUTOFREE char *owner = role_identifier(context, OWNER);
    AUTOFREE char *schema =
        context->names.schema == NULL ? NULL : sql_identifier(context->names.schema);
    AUTOFREE char *columns = grant->columns == NULL ? NULL : column_list(context, grant->columns);
    const struct placeholder own[] = {
        {"owner", owner, false},
        {"role", role, false},
        {"role_literal", literal, false},
        {"schema", schema == NULL ? "public" : schema, false},
        {"columns", columns == NULL ? "" : columns, false},
    };
    const struct step step = {.function = grant->function};
    AUTOFREE char *statement = context_expand_with(context, &step, own, COUNT(own), sql);

    text_appendf(out, "%s;\n", statement);
}

static void
append_role(const struct context *context, enum role role, struct text *out)
{
    const struct grant none = {.role = role};

    if (roles[role].of_inbox && !context->asked.inbox)
        return;
    text_appendf(out, "\n-- %s.\n", roles[role].about);
    append(context, sql_schema_grant_role, &none, out);
    for (size_t i = 0; i < COUNT(grants); i++)
        if (grants[i].role == role && is_wanted(context, &grants[i]))
            append(context, grants[i].sql, &grants[i], out);
}

bool
schema_print_grants(const struct store_settings *settings, struct schema_level level,
                    struct text *sql, struct error *err)
{
    struct context context;

    if (!context_open_unconnected(&context, settings, level, err))
        return false;
    text_append(sql, "-- For psql -v ON_ERROR_STOP=1, by a superuser or an owner who may make "
                     "roles, after schema apply; again\n-- after one that changes the version. "
                     "Logins become members: GRANT <role> TO <login>.\n");
    for (enum role role = OWNER; role < ROLES; role++)
        append_role(&context, role, sql);
    context_close(&context);
    return true;
}
