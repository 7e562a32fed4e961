# SPDX-License-Identifier: Apache-2.0
"""`outrider schema` takes a table through its versions and back, and changes nothing else."""

import re

import pytest

from support.outbox import Outbox

COLUMNS = "SELECT attname::text, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute " \
          "WHERE attrelid = 'outbox_messages'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
INDEXES = "SELECT indexdef FROM pg_indexes WHERE tablename = 'outbox_messages' ORDER BY indexname"
VERSION_1 = [
    ("id", "uuid", True),
    ("aggregate_type", "character varying", True),
    ("aggregate_id", "character varying", True),
    ("event_type", "character varying", True),
    ("payload", "jsonb", True),
    ("published", "boolean", True),
    ("published_at", "timestamp with time zone", False),
    ("retry_count", "integer", True),
    ("created_at", "timestamp with time zone", True),
]
VERSION_2 = VERSION_1 + [
    ("seq", "bigint", False),
    ("headers", "jsonb", False),
    ("next_attempt_at", "timestamp with time zone", False),
    ("last_error", "text", False),
    ("error_class", "text", False),
    ("dead_at", "timestamp with time zone", False),
]


@pytest.fixture
def outbox(db):
    return Outbox(db)


def numbers(outbox):
    """(aggregate id, seq) in the order of the relay."""
    return outbox.run("SELECT {aggregate_id}, seq FROM {table} WHERE published IS NOT TRUE ORDER BY seq").fetchall()


def test_version_1_is_the_table_of_the_interface(schema, db, outbox):
    assert schema("status").expect(1).stdout.splitlines()[:2] == [
        'table    "public"."outbox_messages" (not there)', "version  0 of 2"]
    schema("apply", "--to", "1").expect(0)
    assert db.execute(COLUMNS).fetchall() == VERSION_1
    assert [row[0] for row in db.execute(INDEXES)] == [
        "CREATE INDEX ix_outbox_unpublished ON public.outbox_messages USING btree (published, created_at)",
        "CREATE UNIQUE INDEX outbox_messages_pkey ON public.outbox_messages USING btree (id)"]
    outbox.insert("orders")
    assert outbox.row(outbox.insert("orders")) == (False, 0)


def test_from_nothing_to_the_latest(schema, db):
    result = schema("apply").expect(0)
    assert result.stdout == "outbox_messages: version 2\n"
    assert db.execute(COLUMNS).fetchall() == VERSION_2
    assert schema("status").expect(0).stdout.splitlines() == [
        'table    "public"."outbox_messages" (made by outrider)', "version  2 of 2", "slots    1"]
    assert db.execute("SELECT version, slots FROM outbox_messages_outrider").fetchall() == [(2, 1)]


def test_apply_again_changes_nothing(schema, db):
    schema("apply").expect(0)
    before = schema.dump()
    again = schema("apply").expect(0)
    assert again.stderr == ""
    assert again.stdout == "outbox_messages: version 2\n"
    assert schema("apply", "--dry-run").expect(0).stdout == "-- nothing to do\n"
    assert schema.dump() == before


def test_there_and_back(schema, db, outbox):
    empty = schema.dump()
    schema("apply", "--to", "1").expect(0)
    first = schema.dump()
    schema("apply").expect(0)
    second = schema.dump()
    assert schema("revert").expect(0).stdout == "outbox_messages: version 1\n"
    assert schema.dump() == first
    schema("apply").expect(0)
    assert schema.dump() == second
    schema("revert").expect(0)
    assert schema("revert").expect(0).stdout == "outbox_messages: version 0 (no table)\n"
    assert schema.dump() == empty
    assert schema("revert").expect(0).stdout == "outbox_messages: version 0 (no table)\n"


def test_the_server_compiles_none_of_its_statements(schema, db):
    """The last one runs while relays pause, under costs that would be above any threshold."""
    db.execute("CREATE TABLE seen (jit text);"
               "CREATE FUNCTION see() RETURNS event_trigger LANGUAGE plpgsql AS"
               " $$ BEGIN INSERT INTO seen VALUES (current_setting('jit')); END $$;"
               "CREATE EVENT TRIGGER see ON ddl_command_start EXECUTE FUNCTION see()")
    schema("apply").expect(0)
    assert db.execute("SELECT DISTINCT jit FROM seen").fetchall() == [("off",)]


def test_dry_run_changes_nothing_and_says_what_is_pending(schema, db):
    before = schema.dump()
    plan = schema("apply", "--dry-run").expect(0).stdout
    assert schema.dump() == before
    assert 'CREATE TABLE "public"."outbox_messages"' in plan
    schema("apply", "--to", "1").expect(0)
    plan = schema("apply", "--dry-run").expect(0).stdout
    assert 'CREATE TABLE "public"."outbox_messages"' not in plan
    assert "CREATE INDEX CONCURRENTLY" in plan


def test_old_rows_are_numbered_in_their_order_and_new_ones_behind(schema, outbox):
    schema("apply", "--to", "1").expect(0)
    outbox.fill("orders", 12_000, aggregates=12_000)
    outbox.run("UPDATE {table} SET published = true WHERE aggregate_id IN ('a-3', 'a-7000')")
    schema("apply").expect(0)
    rows = numbers(outbox)
    kept = [n for n in range(1, 12_000) if n not in (3, 7000)]
    assert [row[0] for row in rows] == [f"a-{n}" for n in kept] + ["a-0"]
    assert [row[1] for row in rows] == list(range(1, 11_999))
    assert outbox.value("SELECT count(*) FROM {table} WHERE published AND seq IS NULL") == 2
    outbox.insert("orders", aggregate="new")
    assert numbers(outbox)[-1] == ("new", 2 ** 40)


def test_ties_are_numbered_by_id(schema, outbox):
    schema("apply", "--to", "1").expect(0)
    outbox.run("INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}) "
               "SELECT gen_random_uuid(), 'order', n::text, 'orders', '{{}}' FROM generate_series(1, 500) n")
    schema("apply").expect(0)
    by_id = outbox.run("SELECT {aggregate_id}, row_number() OVER (ORDER BY id) FROM {table} ORDER BY id").fetchall()
    assert numbers(outbox) == by_id


def test_a_number_is_drawn_after_the_transaction_has_its_id(schema, outbox):
    """Whoever sees a number finds its transaction in a snapshot: the relay's floor rests on it."""
    schema("apply").expect(0)
    default = outbox.value("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef JOIN pg_attribute ON attrelid = adrelid "
                           "AND attnum = adnum WHERE attrelid = '{table}'::regclass AND attname = 'seq'")
    assert default.split() == ("CASE WHEN (pg_current_xact_id() IS NOT NULL) THEN "
                               "nextval('outbox_messages_outrider_seq'::regclass) ELSE NULL::bigint END").split()
    assert outbox.run("SELECT start_value, cache_size FROM pg_sequences WHERE sequencename = "
                      "'outbox_messages_outrider_seq'").fetchone() == (2 ** 40, 1)


def test_the_dead_stay_dead_through_every_version(schema, outbox):
    schema("apply", "--to", "1").expect(0)
    dead = outbox.insert("orders", retry_count=5)
    tried = outbox.insert("orders", retry_count=4)
    sent = outbox.insert("orders", retry_count=5)
    outbox.run("UPDATE {table} SET published = true WHERE id = %s", sent)
    schema("apply").expect(0)
    assert outbox.run("SELECT id::text FROM {table} WHERE dead_at IS NOT NULL").fetchall() == [(dead,)]
    outbox.run("UPDATE {table} SET dead_at = now(), retry_count = 1 WHERE id = %s", tried)
    schema("revert").expect(0)
    assert outbox.row(dead) == (False, 5)
    assert outbox.row(tried) == (False, 5)


def test_a_row_given_new_attempts_while_apply_was_cut_short_is_not_dead(schema, outbox, db):
    """On version 1 attempts are given back by retry_count, whatever dead_at says already."""
    schema("apply", "--to", "1").expect(0)
    row = outbox.insert("orders", retry_count=5)
    schema("apply").expect(0)
    db.execute("UPDATE outbox_messages_outrider SET version = 1")
    outbox.run("UPDATE {table} SET retry_count = 0 WHERE id = %s", row)
    schema("apply").expect(0)
    assert outbox.value("SELECT dead_at IS NULL FROM {table} WHERE id = %s", row)


def test_version_1_is_not_dropped_with_unpublished_rows(schema, outbox):
    schema("apply", "--to", "1").expect(0)
    for _ in range(3):
        outbox.insert("orders")
    result = schema("revert").expect(1)
    assert "3 unpublished rows are left" in result.stderr
    assert outbox.count() == 3
    outbox.insert("orders")  # the default that the attempt took away is back
    schema("revert", "--force").expect(0)
    assert schema.version() == 0


def test_version_1_is_dropped_with_published_rows(schema, outbox):
    schema("apply", "--to", "1").expect(0)
    outbox.insert("orders")
    outbox.run("UPDATE {table} SET published = true")
    schema("revert").expect(0)
    assert schema.version() == 0


def test_revert_gives_back_the_tables_own_settings(schema, db, outbox):
    outbox.create()
    db.execute("ALTER TABLE outbox_messages SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.33)")
    before = schema.dump()
    schema("apply").expect(0)
    options = "SELECT reloptions FROM pg_class WHERE relname = 'outbox_messages'"
    assert "autovacuum_vacuum_scale_factor=0.01" in db.execute(options).fetchone()[0]
    assert "fillfactor=70" in db.execute(options).fetchone()[0]
    schema("revert").expect(0)
    assert sorted(db.execute(options).fetchone()[0]) == ["autovacuum_vacuum_scale_factor=0.33", "fillfactor=70"]
    assert schema.dump() == before


def test_revert_leaves_what_outrider_did_not_make(schema, db, outbox):
    outbox.create()
    db.execute("ALTER TABLE outbox_messages ADD COLUMN headers jsonb, ADD COLUMN seq bigint")
    message_id = outbox.insert("orders")
    before = schema.dump()
    schema("apply").expect(0)
    db.execute("UPDATE outbox_messages SET headers = '{\"traceparent\": \"x\"}'")
    schema("revert").expect(0)
    assert schema.dump() == before
    assert outbox.value("SELECT headers->>'traceparent' FROM {table} WHERE id = %s", message_id) == "x"


def test_a_column_in_the_way_of_version_2_does_not_hold_up_going_back(schema, db):
    schema("apply", "--to", "1").expect(0)
    db.execute("ALTER TABLE outbox_messages ADD COLUMN headers text")
    schema("apply").expect(78)
    assert schema("revert").expect(0).stdout == "outbox_messages: version 0 (no table)\n"


def test_revert_does_not_cascade(schema, db):
    schema("apply").expect(0)
    db.execute("CREATE VIEW dead_letters AS SELECT id, dead_at FROM outbox_messages WHERE dead_at IS NOT NULL")
    assert "view dead_letters depends on column dead_at" in schema("revert").expect(1).stderr
    db.execute("DROP VIEW dead_letters")
    assert schema("revert").expect(0).stdout == "outbox_messages: version 1\n"


def test_what_was_lost_is_made_again(schema, db, outbox):
    schema("apply").expect(0)
    whole = schema.dump()
    db.execute("DROP INDEX outbox_messages_outrider_due")
    assert "due index" in schema("status").expect(1).stdout
    schema("apply").expect(0)
    assert schema.dump() == whole
    db.execute("ALTER TABLE outbox_messages ALTER COLUMN seq DROP DEFAULT")
    row = outbox.insert("orders")
    assert outbox.value("SELECT seq IS NULL FROM {table} WHERE id = %s", row)
    schema("apply").expect(0)
    assert outbox.value("SELECT seq IS NOT NULL FROM {table} WHERE id = %s", row)
    assert schema.dump() == whole


def test_a_row_that_is_to_be_sent_again_leaves_nothing_pending(schema, db, outbox):
    """Published before version 2, unpublished by hand on version 2: a relay numbers it (test_numbers.py)."""
    schema("apply", "--to", "1").expect(0)
    outbox.fill("orders", 3, aggregates=3)
    outbox.run("UPDATE {table} SET published = true WHERE aggregate_id = 'a-2'")
    schema("apply").expect(0)
    outbox.run("UPDATE {table} SET published = false WHERE aggregate_id = 'a-2'")
    assert "pending" not in schema("status").expect(0).stdout
    schema("apply").expect(0)
    assert [row[0] for row in numbers(outbox)] == ["a-1", "a-0", "a-2"]
    assert numbers(outbox)[2][1] is None and schema.version() == 2


def test_a_newer_table_is_left_alone(schema, db):
    schema("apply").expect(0)
    db.execute("UPDATE outbox_messages_outrider SET version = 3")
    for command in ("apply", "revert", "status"):
        assert "version 3" in schema(command).expect(78).stderr


@pytest.mark.parametrize("arguments", [[], ["--to", "1"], ["--slots", "4", "--inbox"]])
@pytest.mark.parametrize("before", [[], ["--slots", "2", "--inbox"]])
def test_a_table_that_was_dropped_is_made_anew(schema, db, outbox, before, arguments):
    """With a version table of its own: its identity tells relays that it is another table."""
    schema("apply", *before).expect(0)
    identity = db.execute("SELECT identity FROM outbox_messages_outrider").fetchone()
    db.execute("DROP TABLE outbox_messages")
    assert "version  0 of 2" in schema("status").expect(1).stdout
    assert "outrider schema apply" in schema.runner.command("status").expect(78).stderr
    assert "outbox_messages_outrider" in schema("revert").expect(78).stderr
    plan = schema("apply", "--dry-run", *arguments).expect(0).stdout
    schema("apply", *arguments).expect(0)
    made = schema.dump()
    outbox.insert("orders")
    assert schema.version() == (1 if arguments == ["--to", "1"] else 2)
    if schema.version() == 2:
        assert db.execute("SELECT identity FROM outbox_messages_outrider").fetchone() != identity
    else:
        assert db.execute("SELECT to_regclass('outbox_messages_outrider')").fetchone() == (None,)
    if not before:
        db.execute("DROP TABLE outbox_messages")
        db.execute("DROP FUNCTION IF EXISTS outbox_enqueue; DROP TABLE IF EXISTS inbox_messages; "
                   "DROP FUNCTION IF EXISTS inbox_purge")
        schema.psql(plan)
        assert schema.dump() == made


def test_a_table_of_somebody_elses_is_not_dropped(schema, db):
    """It only has the name of a version table."""
    db.execute("CREATE TABLE outbox_messages_outrider (version integer, notes text)")
    assert "outbox_messages_outrider" in schema("apply").expect(78).stderr
    assert db.execute("SELECT count(*) FROM outbox_messages_outrider").fetchone() == (0,)


def test_a_table_that_was_renamed_keeps_what_is_beside_it(schema, db):
    """Its sequence says whose they are."""
    schema("apply").expect(0)
    db.execute("ALTER TABLE outbox_messages RENAME TO om_old")
    told = schema("apply").expect(78).stderr
    assert "om_old" in told and "outbox_messages_outrider_seq" in told
    assert db.execute("SELECT version FROM outbox_messages_outrider").fetchone() == (2,)
    db.execute("ALTER SEQUENCE outbox_messages_outrider_seq RENAME TO om_old_outrider_seq;"
               "ALTER TABLE outbox_messages_outrider RENAME TO om_old_outrider")
    told = schema("apply").expect(1).stderr
    name = re.search(r"the name (\S+) is taken by an index of om_old", told)[1]
    assert "drop or rename" in told and name.startswith('"public".')


@pytest.mark.parametrize("level", [1, 2])
def test_an_index_in_the_way_of_a_new_table_is_named(schema, db, level):
    schema("apply", "--to", "1").expect(0)
    db.execute("ALTER TABLE outbox_messages RENAME TO om_old")
    for arguments in (["apply", "--to", str(level)], ["apply", "--dry-run"]):
        told = schema(*arguments).expect(1).stderr
        assert "ix_outbox_unpublished" in told and "om_old" in told and "drop or rename" in told
    db.execute("ALTER INDEX ix_outbox_unpublished RENAME TO ix_om_old")
    schema("apply", "--to", str(level)).expect(0)
    assert schema.version() == level


def test_wrong_arguments(schema):
    for arguments in (["apply", "--to", "3"], ["apply", "--to", "0"], ["apply", "--to", "x"],
                      ["print", "--from", "-1"]):
        schema(*arguments).expect(64)


def test_a_server_that_is_away(schema):
    config = {"database": {"dsn": "postgresql://postgres@127.0.0.1:1/nowhere"}}
    for command in ("apply", "revert", "status"):
        schema(command, config=config).expect(69)
