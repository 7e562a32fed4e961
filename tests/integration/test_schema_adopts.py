# SPDX-License-Identifier: Apache-2.0
"""A table that the application made is adopted as it is: whatever its columns' order, names and
nullability. What cannot be served is refused with a reason, before anything was changed."""

import uuid

import pytest

from support import schema as tables
from support.outbox import Outbox
from support.schema import ODD, quoted


def alembic(schema, db):
    db.execute(tables.ALEMBIC)
    insert = "INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) " \
             "VALUES (gen_random_uuid(), 'order', 'a', 'orders', '{}')"
    return Outbox(db), insert


def sequelize(schema, db):
    db.execute(tables.SEQUELIZE)
    schema.configure(table="OutboxMessages", columns=tables.SEQUELIZE_COLUMNS)
    insert = 'INSERT INTO "OutboxMessages" ("id", "aggregateType", "aggregateId", "eventType", "payload", ' \
             '"published", "retryCount", "createdAt", "updatedAt") ' \
             "VALUES (gen_random_uuid(), 'order', 'a', 'orders', '{}', NULL, NULL, now(), now())"
    return Outbox(db, '"OutboxMessages"', tables.SEQUELIZE_COLUMNS), insert


def odd(schema, db):
    table = f"{quoted(ODD['schema'])}.{quoted(ODD['table'])}"
    assert len(ODD["table"].encode()) == 63 and len(tables.LONG.encode()) == 63
    db.execute(f"CREATE SCHEMA {quoted(ODD['schema'])}")
    schema.configure(table=table, columns=ODD["columns"])
    schema("apply", "--to", "1").expect(0)
    outbox = Outbox(db, table, ODD["columns"])
    insert = outbox.statement(
        "INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}) "
        "VALUES (gen_random_uuid(), 'order', 'a', 'orders', '{{}}')")
    return outbox, insert


@pytest.mark.parametrize("make", [alembic, sequelize, odd])
def test_adopted_untouched_and_every_version_takes_the_same_insert(schema, db, make):
    outbox, insert = make(schema, db)
    before = schema.dump()
    db.execute(insert)
    schema("apply", "--to", "1").expect(0)
    assert schema.dump() == before
    db.execute(insert)
    schema("apply").expect(0)
    second = schema.dump()
    db.execute(insert)
    assert outbox.value('SELECT count(*) FROM {table} WHERE '
                        + ('"Seq\'uence"' if make is odd else "seq") + " IS NOT NULL") == 3
    schema("apply").expect(0)
    assert schema.dump() == second
    schema("revert").expect(0)
    assert schema.dump() == before
    db.execute(insert)
    assert outbox.unpublished() == 4


@pytest.mark.parametrize("make", [alembic, sequelize])
def test_an_adopted_table_is_never_dropped(schema, db, make):
    outbox, _ = make(schema, db)
    schema("apply").expect(0)
    schema("revert").expect(0)
    for arguments in (["revert"], ["revert", "--force"]):
        assert "not made by outrider" in schema(*arguments).expect(1).stderr
    assert outbox.count() == 0


def test_a_missing_index_is_reported_and_not_made(schema, db):
    sequelize(schema, db)
    status = schema("status").expect(1).stdout
    assert 'note     no valid index on (published, createdAt)' in status
    assert "made by the application" in status
    schema("apply", "--to", "1").expect(0)
    assert db.execute("SELECT count(*) FROM pg_indexes WHERE tablename = 'OutboxMessages'").fetchone() == (1,)


def test_two_outboxes_in_one_schema(schema, db):
    schema("apply").expect(0)
    schema.configure(table="public.outbox_messages_of_another_service_with_quite_a_long_name_indeed")
    refused = schema("apply")
    assert "63 bytes" in refused.expect(78).stderr
    for number in (1, 2):  # alike in their first 60 bytes
        schema.configure(table=f"outbox_messages_of_another_service_with_quite_a_long_name_in_{number}")
        schema("apply").expect(0)
        assert schema.version() == 2
    assert db.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (6,)


def test_a_table_behind_the_search_path(schema, db, postgres, database):
    """What is made lands beside the table, wherever the search path finds that."""
    db.execute("CREATE SCHEMA first; CREATE SCHEMA second")
    db.execute("SET search_path = second; " + tables.ALEMBIC)
    schema.runner.config["database"]["dsn"] = postgres.dsn(database, options="-csearch_path%3Dfirst,second")
    schema("apply").expect(0)
    found = db.execute("SELECT schemaname::text, relname::text FROM pg_stat_user_tables ORDER BY 2").fetchall()
    assert found == [("second", "outbox_messages"), ("second", "outbox_messages_outrider")]
    assert schema.version() == 2
    schema("revert").expect(0)


WRONG = {
    "a view": "CREATE VIEW outbox_messages AS SELECT 1 AS id",
    "a materialized view": "CREATE MATERIALIZED VIEW outbox_messages AS SELECT 1 AS id",
    "a partitioned table": "CREATE TABLE outbox_messages (id uuid) PARTITION BY HASH (id)",
    "a partition": "CREATE TABLE p (id uuid) PARTITION BY HASH (id); "
                   "CREATE TABLE outbox_messages PARTITION OF p FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
    "a foreign table": "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; "
                       "CREATE FOREIGN TABLE outbox_messages (id uuid) SERVER s",
    "a sequence": "CREATE SEQUENCE outbox_messages",
    'no column "aggregate_type"': "CREATE TABLE outbox_messages (id uuid PRIMARY KEY)",
    'column "id" of table "outbox_messages" is of type text':
        tables.ALEMBIC + "ALTER TABLE outbox_messages ALTER id TYPE text",
    'column "headers" of table "outbox_messages" is of type text':
        tables.ALEMBIC + "ALTER TABLE outbox_messages ADD headers text",
    'column "seq" of table "outbox_messages" is filled by the application':
        tables.ALEMBIC + "ALTER TABLE outbox_messages ADD seq bigserial",
    'seq" of table "outbox_messages" is filled':
        tables.ALEMBIC + "ALTER TABLE outbox_messages ADD seq bigint GENERATED BY DEFAULT AS IDENTITY",
    'ALTER TABLE "public"."outbox_messages" ALTER COLUMN "next_attempt_at" DROP NOT NULL':
        tables.ALEMBIC + "ALTER TABLE outbox_messages ADD next_attempt_at timestamptz NOT NULL DEFAULT now()",
    'ALTER COLUMN "dead_at" DROP NOT NULL':
        tables.ALEMBIC + "ALTER TABLE outbox_messages ADD dead_at timestamptz NOT NULL",
    'ALTER COLUMN "published" DROP EXPRESSION':
        tables.ALEMBIC + "ALTER TABLE outbox_messages DROP published, "
                         "ADD published boolean GENERATED ALWAYS AS (published_at IS NOT NULL) STORED",
    'ALTER COLUMN "retry_count" DROP IDENTITY':
        tables.ALEMBIC + "ALTER TABLE outbox_messages DROP retry_count, "
                         "ADD retry_count integer GENERATED ALWAYS AS IDENTITY",
}


@pytest.mark.parametrize("reason", WRONG)
def test_what_cannot_be_served_is_refused_unchanged(schema, db, reason):
    db.execute(WRONG[reason])
    before = schema.dump()
    for command in (["apply"], ["apply", "--dry-run"], ["status"]):
        assert reason in schema(*command).expect(78).stderr
    assert schema("revert").code in (1, 78)
    assert schema.dump() == before


def test_an_application_may_have_columns_of_version_2(schema, db):
    db.execute(tables.ALEMBIC + "ALTER TABLE outbox_messages ADD headers json, ADD last_error varchar(4000)")
    schema("apply").expect(0)
    assert schema.version() == 2
    made = db.execute("SELECT made_columns FROM outbox_messages_outrider").fetchone()[0]
    assert made == ["dead_at", "error_class", "next_attempt_at", "seq"]


def test_no_such_schema(schema):
    schema.configure(table="nowhere.outbox_messages")
    for command in ("apply", "status"):
        assert 'no schema "nowhere"' in schema(command).expect(78).stderr


def test_behind_a_pooler_the_direct_dsn_is_used(schema, pgbouncer, postgres, database):
    pooled = {"database": {"dsn": pgbouncer.dsn(database)}}
    both = {"database": {"dsn": pgbouncer.dsn(database), "direct_dsn": postgres.dsn(database)}}
    for command in ("apply", "revert"):
        assert "database.direct_dsn" in schema(command, config=pooled).expect(78).stderr
    schema("apply", config=both).expect(0)
    schema("status", config=pooled).expect(0)
    schema("revert", config=both).expect(0)


def test_roles_that_may_insert_still_can(schema, db, connect):
    """Granted before, granted later, granted some columns only; at every version, up and down."""
    db.execute(tables.ALEMBIC)
    names = [f"{role}_{uuid.uuid4().hex[:8]}" for role in ("early", "late", "columns")]
    rights = ["INSERT", "INSERT", "INSERT (id, aggregate_type, aggregate_id, event_type, payload)"]
    roles = dict(zip(names, rights))
    late = names[1]

    def insert_as_all(but=()):
        for role in set(roles) - set(but):
            with connect() as connection:
                connection.execute(f"SET ROLE {role}")
                connection.execute("INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) "
                                   "VALUES (gen_random_uuid(), 'order', 'a', 'orders', '{}')")

    try:
        for role, right in roles.items():
            db.execute(f"CREATE ROLE {role}")
            if role != late:
                db.execute(f"GRANT {right} ON outbox_messages TO {role}")
        insert_as_all(but=[late])
        schema("apply", "--to", "1").expect(0)
        insert_as_all(but=[late])
        schema("apply").expect(0)
        db.execute(f"GRANT INSERT ON outbox_messages TO {late}")
        insert_as_all()
        assert db.execute("SELECT count(*) FROM outbox_messages WHERE seq IS NULL").fetchone() == (0,)
        schema("revert").expect(0)
        insert_as_all()
        assert db.execute("SELECT count(*) FROM outbox_messages").fetchone() == (10,)
    finally:
        for role in roles:
            db.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_a_missing_right_is_named(schema, db, postgres, database):
    role, owner = (f"{name}_{uuid.uuid4().hex[:8]}" for name in ("stranger", "owner"))
    as_role = {"database": {"dsn": postgres.dsn(database, user=role)}}
    db.execute(f"CREATE ROLE {role} LOGIN; CREATE ROLE {owner}")
    try:
        assert 'CREATE on schema "public"' in schema("apply", config=as_role).expect(77).stderr
        db.execute(tables.ALEMBIC)
        db.execute(f"ALTER TABLE outbox_messages OWNER TO {owner}")
        before = schema.dump()
        schema("apply", "--to", "1", config=as_role).expect(0)  # nothing to change, no right needed
        schema("status", config=as_role)
        assert f'does not own "public"."outbox_messages" and is no member of its owner "{owner}"' in \
            schema("apply", config=as_role).expect(77).stderr
        db.execute(f"GRANT {owner} TO {role}")
        assert 'CREATE on schema "public"' in schema("apply", config=as_role).expect(77).stderr
        db.execute(f"GRANT CREATE ON SCHEMA public TO {role}, {owner}; REVOKE TEMP ON DATABASE {database} FROM PUBLIC")
        assert f'TEMPORARY on database "{database}"' in schema("apply", config=as_role).expect(77).stderr
        db.execute(f"REVOKE CREATE ON SCHEMA public FROM {role}, {owner}")
        assert schema.dump() == before
        db.execute(f"GRANT CREATE ON SCHEMA public TO {role}, {owner}; GRANT TEMP ON DATABASE {database} TO {role}")
        schema("apply", config=as_role).expect(0)
        owners = db.execute("SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class "
                            "WHERE relname LIKE 'outbox_messages%'").fetchall()
        assert owners == [(owner,)]
        schema("revert", config=as_role).expect(0)
    finally:
        db.execute(f"DROP OWNED BY {role}, {owner}; DROP ROLE {role}, {owner}")


def test_a_superuser_may_apply_to_anothers_table(schema, db):
    owner = f"owner_{uuid.uuid4().hex[:8]}"
    db.execute(f"CREATE ROLE {owner}")
    try:
        db.execute(tables.ALEMBIC)
        db.execute(f"ALTER TABLE outbox_messages OWNER TO {owner}")
        before = schema.dump()
        schema("apply").expect(0)
        assert schema.version() == 2
        schema("revert").expect(0)
        assert schema.dump() == before
    finally:
        db.execute(f"DROP OWNED BY {owner}; DROP ROLE {owner}")
