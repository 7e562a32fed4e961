# SPDX-License-Identifier: Apache-2.0
"""`outrider schema apply --inbox`: the inbox for consumers, and the function by which applications
write to the outbox."""

import json
import threading
import uuid

import psycopg
import pytest

from support import schema as tables
from support.process import wait_until
from support.schema import ODD, quoted

NO, CONFIGURATION = 1, 78
OTHERS = {"alembic": (tables.ALEMBIC, {}),
          "sequelize": (tables.SEQUELIZE + 'ALTER TABLE "OutboxMessages" ALTER "createdAt" SET DEFAULT now(), '
                        'ALTER "updatedAt" SET DEFAULT now();',
                        {"table": "public.OutboxMessages", "columns": tables.SEQUELIZE_COLUMNS}),
          "odd": (f"CREATE SCHEMA {quoted(ODD['schema'])};",
                  {"table": f"{quoted(ODD['schema'])}.{quoted(ODD['table'])}", "columns": ODD["columns"]})}


def printed(schema, *arguments):
    return schema("print", *arguments, config={"database": {"dsn": "postgresql://127.0.0.1:1/none"}}).expect(0).stdout


def write(connection, *arguments, **named):
    """Calls outbox_enqueue; the id it returns."""
    names = [f"{name} => %s" for name in named]
    return connection.execute(f"SELECT outbox_enqueue({', '.join(['%s'] * len(arguments) + names)})",
                              (*arguments, *named.values())).fetchone()[0]


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_there_and_back(schema, version):
    if version != "0":
        schema("apply", "--to", version).expect(0)
    before = schema.dump()
    result = schema("apply", "--to", version, "--inbox").expect(0)
    assert result.stdout.endswith(", with inbox\n")
    assert "inbox    made by outrider" in schema("status", "--to", version).expect(0).stdout
    after = schema.dump()
    again = schema("apply", "--to", version).expect(0) if version != "0" else schema(
        "apply", "--to", "0", "--inbox").expect(0)
    assert again.stderr == "" and schema.dump() == after
    schema("revert", "--inbox").expect(0)
    assert schema.dump() == before
    assert "inbox" not in schema("status").stdout
    schema("revert", "--inbox").expect(0)


@pytest.mark.parametrize("name", ["sequelize", "odd"])
def test_print_is_what_apply_does(schema, other, name):
    make, outbox = OTHERS[name]
    for one in (schema, other):
        one.configure(**outbox)
        one.psql(make)
        one("apply").expect(0)
    plan = schema("apply", "--inbox", "--dry-run").expect(0).stdout
    assert "CREATE TABLE" in plan and plan.count("CREATE OR REPLACE FUNCTION") == 2
    schema("apply", "--inbox").expect(0)
    assert schema("apply", "--dry-run").expect(0).stdout == "-- nothing to do\n"
    other.psql(printed(other, "--from", "2", "--inbox"))
    assert other.dump() == schema.dump()
    schema("revert", "--inbox").expect(0)
    other.psql(printed(other, "--from", "2", "--to", "1", "--inbox"))
    schema("revert").expect(0)
    assert other.dump() == schema.dump()


def test_a_part_that_is_lost_is_made_again(schema, db):
    schema("apply", "--inbox").expect(0)
    before = schema.dump()
    db.execute("DROP FUNCTION inbox_purge")
    result = schema("status").expect(NO)
    assert [line for line in result.stdout.splitlines() if line.startswith("pending")] == [
        "pending  inbox, purge function: deletes what was received long ago"]
    schema("apply").expect(0)
    assert schema.dump() == before


def test_an_older_function_is_replaced(schema, db):
    schema("apply", "--inbox").expect(0)
    before = schema.dump()
    db.execute("COMMENT ON FUNCTION outbox_enqueue IS 'outrider: inbox 0, made by outrider schema apply'")
    assert "inbox, enqueue function" in schema("status").expect(NO).stdout
    schema("apply").expect(0)
    assert schema.dump() == before


def test_what_the_application_made_is_adopted_or_in_the_way(schema, db):
    schema("apply").expect(0)
    db.execute("CREATE TABLE inbox_messages (consumer text, message_id uuid)")
    before = schema.dump()
    assert 'has no column "received_at"' in schema("apply", "--inbox").expect(CONFIGURATION).stderr
    db.execute("CREATE FUNCTION outbox_enqueue() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    assert "public.outbox_enqueue that outrider did not make" in schema("apply", "--inbox").expect(NO).stderr
    db.execute("DROP FUNCTION outbox_enqueue()")
    assert schema.dump() == before
    db.execute("ALTER TABLE inbox_messages ADD received_at timestamptz DEFAULT now()")
    db.execute("INSERT INTO inbox_messages VALUES ('sales', gen_random_uuid())")
    schema("apply", "--inbox").expect(0)
    schema("revert", "--inbox").expect(0)
    assert db.execute("SELECT count(*) FROM inbox_messages").fetchone()[0] == 1


def test_a_column_that_it_could_not_fill(schema):
    schema.configure(table="public.OutboxMessages", columns=tables.SEQUELIZE_COLUMNS)
    schema.psql(tables.SEQUELIZE)
    assert 'column "createdAt"' in schema("apply", "--inbox").expect(CONFIGURATION).stderr
    assert schema("status").stdout.splitlines()[1] == "version  1 of 2"


def test_revert_does_not_forget_what_was_received(schema, db):
    schema("apply", "--inbox").expect(0)
    db.execute("INSERT INTO inbox_messages VALUES ('sales', gen_random_uuid())")
    result = schema("revert", "--inbox").expect(NO)
    assert "1 messages are noted" in result.stderr and "--force" in result.stderr
    schema("revert", "--inbox", "--force").expect(0)
    assert db.execute("SELECT to_regclass('inbox_messages')").fetchone()[0] is None


def test_the_function_goes_with_its_table(schema, db):
    schema("apply", "--inbox").expect(0)
    schema("revert").expect(0)
    assert write(db, "order", "42", "order.placed", "{}")  # version 1 serves it too
    with pytest.raises(psycopg.errors.UndefinedColumn):
        write(db, "order", "42", "order.placed", "{}", headers="{}")
    schema("revert").expect(NO)
    assert write(db, "order", "42", "order.placed", "{}")
    schema("revert", "--force").expect(0)
    assert not db.execute("SELECT FROM pg_proc WHERE proname = 'outbox_enqueue'").fetchall()
    assert schema("revert", "--inbox").expect(0).stdout == "outbox_messages: version 0 (no table)\n"


def test_a_message_is_written_in_the_writers_transaction(schema, db, connect):
    schema("apply", "--inbox").expect(0)
    writer = connect(autocommit=False)
    given = uuid.uuid4()
    first = write(writer, "order", "42", "order.placed", '{"order": 42}')
    assert write(writer, event_type="order.paid", aggregate_type="order", aggregate_id="42", payload='{}',
                 headers='{"traceparent": "00-1"}', message_id=given) == given
    assert db.execute("SELECT count(*) FROM outbox_messages").fetchone()[0] == 0
    writer.commit()
    write(writer, "order", "43", "order.placed", "{}")
    writer.rollback()
    rows = db.execute("SELECT id, aggregate_type, aggregate_id, event_type, payload, headers, published, retry_count, "
                      "seq IS NOT NULL, created_at IS NOT NULL FROM outbox_messages ORDER BY seq").fetchall()
    assert rows == [(first, "order", "42", "order.placed", {"order": 42}, None, False, 0, True, True),
                    (given, "order", "42", "order.paid", {}, {"traceparent": "00-1"}, False, 0, True, True)]


@pytest.mark.parametrize("named, complaint", [
    ({"aggregate_type": ""}, "its aggregate_type"), ({"aggregate_id": None}, "its aggregate_id"),
    ({"event_type": ""}, "its event_type"), ({"headers": "[]"}, "a JSON object, not array"),
    ({"headers": '"text"'}, "a JSON object, not string")])
def test_what_it_refuses(schema, db, named, complaint):
    schema("apply", "--inbox").expect(0)
    good = {"aggregate_type": "order", "aggregate_id": "42", "event_type": "order.placed", "payload": "{}"}
    with pytest.raises(psycopg.errors.InvalidParameterValue, match=complaint):
        write(db, **good | named)
    assert write(db, **good)


@pytest.mark.parametrize("name", list(OTHERS))
def test_names_and_types_are_the_tables(schema, db, name):
    make, outbox = OTHERS[name]
    schema.configure(**outbox)
    schema.psql(make)
    schema("apply", "--inbox").expect(0)
    function = db.execute("SELECT oid::regproc::text FROM pg_proc WHERE obj_description(oid, 'pg_proc') "
                          "LIKE 'outrider: inbox%%' AND proname <> 'inbox_purge'").fetchone()[0]
    made = db.execute(f"SELECT {function}('order', '42', 'order.placed', %s, headers => %s)".replace("%%", "%"),
                      (json.dumps({"n": 1}), "{}")).fetchone()[0]
    table = db.execute("SELECT %s::regclass::text", (
        '"OutboxMessages"' if name == "sequelize" else "outbox_messages" if name == "alembic"
        else f"{quoted(ODD['schema'])}.{quoted(ODD['table'])}",)).fetchone()[0]
    [row] = db.execute(f"SELECT to_jsonb(t) FROM {table} AS t".replace("%", "%%")).fetchall()
    assert str(made) in row[0].values() and {"n": 1} in row[0].values()


def test_a_payload_of_bytes_and_one_of_text(schema, db):
    for table, kind, payload in (("raw", "bytea", b"\x00\xff"), ("plain", "text", '{"b":1,  "a":2}')):
        db.execute(f"CREATE TABLE {table} (id uuid PRIMARY KEY, aggregate_type text NOT NULL, aggregate_id bigint, "
                   f"event_type text, payload {kind}, published boolean NOT NULL DEFAULT false, published_at timestamptz, "
                   "retry_count int NOT NULL DEFAULT 0, created_at timestamptz NOT NULL DEFAULT now())")
        schema.configure(table=table)
        schema("apply", "--inbox").expect(0)
        db.execute(f"SELECT {table}_enqueue('order', 42, 'order.placed', %s)", (payload,))
        assert db.execute(f"SELECT payload FROM {table}").fetchone()[0] == payload


def test_an_aggregates_numbers_come_in_the_order_of_commits(schema, db, connect):
    """Without the function the second would draw its number, and could commit, while the first is open."""
    schema("apply", "--inbox").expect(0)
    first, second, third = connect(autocommit=False), connect(autocommit=False), connect(autocommit=False)
    write(first, "order", "42", "first", "{}")
    write(third, "order", "43", "another aggregate", "{}")  # waits for nobody
    third.commit()

    def write_second():
        write(second, "order", "42", "second", "{}")
        second.commit()

    waiting = threading.Thread(target=write_second)
    waiting.start()
    wait_until(lambda: db.execute("SELECT FROM pg_stat_activity WHERE wait_event = 'advisory'").fetchall(), 10,
               "the second writer waits")
    write(first, "order", "42", "first again", "{}")
    first.commit()
    waiting.join(10)
    assert not waiting.is_alive()
    assert db.execute("SELECT event_type FROM outbox_messages WHERE aggregate_id = '42' ORDER BY seq").fetchall() == [
        ("first",), ("first again",), ("second",)]


def test_it_gives_nobody_rights(schema, db, make_role, postgres, database):
    schema("apply", "--inbox").expect(0)
    role = make_role("nobody")
    with postgres.connect(database, user=role) as nobody:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="outbox_messages"):
            write(nobody, "order", "42", "order.placed", "{}")
        db.execute(f"GRANT INSERT ON outbox_messages TO {role}")
        assert write(nobody, "order", "42", "order.placed", "{}")


def test_the_inbox_is_purged_in_batches(schema, db, connect):
    schema("apply", "--to", "0", "--inbox").expect(0)
    db.execute("INSERT INTO inbox_messages SELECT 'sales', gen_random_uuid(), now() - n * interval '1 day' "
               "FROM generate_series(1, 100) n")
    holder = connect(autocommit=False)
    holder.execute("SELECT FROM inbox_messages WHERE received_at < now() - interval '95.5 days' FOR UPDATE")
    purge = "SELECT inbox_purge('30.5 days', 40)"
    assert [db.execute(purge).fetchone()[0] for _ in range(3)] == [40, 25, 0]
    holder.rollback()
    assert db.execute("SELECT inbox_purge('30.5 days')").fetchone()[0] == 5
    assert db.execute("SELECT count(*), min(now() - received_at) > interval '12 hours' FROM inbox_messages").fetchone() == (
        30, True)
