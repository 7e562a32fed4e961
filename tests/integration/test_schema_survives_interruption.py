# SPDX-License-Identifier: Apache-2.0
"""A schema command may be cut short anywhere: the table serves its application all the while, and
the same command, given again, goes on to the same end."""

import contextlib

import pytest

from support import schema as tables
from support.outbox import Outbox
from support.process import wait_until

# Fails a statement of the command's DDL ($1: its kind) for which a condition holds.
STOPPER = """
CREATE SCHEMA stopper;
CREATE TABLE stopper.setting AS SELECT 'false' AS condition;
CREATE SEQUENCE stopper.ddl;
CREATE FUNCTION stopper.stop() RETURNS event_trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
DECLARE stopped boolean;
BEGIN
    IF current_setting('application_name') <> 'outrider' THEN RETURN; END IF;
    EXECUTE 'SELECT ' || (SELECT condition FROM stopper.setting) INTO stopped USING tg_tag;
    IF stopped THEN RAISE 'stopped before %', tg_tag; END IF;
END $$;
CREATE EVENT TRIGGER stopper ON ddl_command_start EXECUTE FUNCTION stopper.stop();
"""
INDEXES_LEFT = "(SELECT count(*) FROM pg_index WHERE indrelid = 'outbox_messages'::regclass " \
               "AND indexrelid::regclass::text LIKE 'outbox_messages_outrider_%')"
INSERT = "INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) " \
         "VALUES (gen_random_uuid(), 'order', 'a', 'orders', '{}')"
BUILDING = "SELECT pid FROM pg_stat_activity WHERE query LIKE %s AND state = 'active' " \
           "AND wait_event_type = 'Lock' AND datname = current_database()"


@contextlib.contextmanager
def stopper(db):
    """Yields a function that sets the condition."""
    db.execute(STOPPER)

    def stop(condition):
        db.execute("UPDATE stopper.setting SET condition = %s", (condition,))
        db.execute("SELECT setval('stopper.ddl', 1, false)")

    yield stop
    db.execute("DROP EVENT TRIGGER stopper; DROP SCHEMA stopper CASCADE")


def pending(schema):
    """How many steps are pending."""
    return schema("status").stdout.count("\npending ")


def apply_stopped_at_each_statement(schema, db, command, stop, insert):
    """Runs apply again and again, each time a statement further; how often it was stopped."""
    stops = n = 0
    steps = pending(schema)
    while stops < 100:
        stop(f"nextval('stopper.ddl') > {n}")
        result = schema(*command)
        if result.code == 0:
            return stops
        assert "stopped before" in result.stderr, result.output
        stops += 1
        if insert:
            db.execute(INSERT)
        left = pending(schema)
        n = n + 1 if left == steps else 0
        steps = left
    raise AssertionError("never ended")


def test_apply_stopped_at_each_statement(schema, db):
    """What the stopped runs have left is gone on with, and every row gets its number."""
    db.execute(tables.ALEMBIC)
    schema("apply").expect(0)
    reference = schema.dump()
    schema("revert").expect(0)
    with stopper(db) as stop:
        stops = apply_stopped_at_each_statement(schema, db, ["apply"], stop, insert=True)
    assert stops >= 20
    assert schema.dump() == reference
    assert schema.version() == 2
    outbox = Outbox(db)
    assert outbox.count() == stops
    assert outbox.value("SELECT count(DISTINCT seq) FROM {table}") == stops
    assert outbox.value("SELECT bool_and(ordered) FROM (SELECT seq > lag(seq, 1, 0::bigint) OVER (ORDER BY created_at) "
                        "AS ordered FROM {table}) AS rows")


def test_apply_from_nothing_stopped_at_each_statement(schema, db):
    schema("apply", "--to", "1").expect(0)
    reference = schema.dump()
    schema("revert").expect(0)
    with stopper(db) as stop:
        assert apply_stopped_at_each_statement(schema, db, ["apply", "--to", "1"], stop, insert=False) == 3
    assert schema.dump() == reference


def test_revert_stopped_at_each_statement(schema, db):
    db.execute(tables.ALEMBIC)
    reference = schema.dump()
    schema("apply").expect(0)
    conditions = [f"$1 = 'DROP INDEX' AND {INDEXES_LEFT} = {left}" for left in (4, 3, 2, 1)]
    conditions += [f"$1 = '{tag}'" for tag in ("ALTER TABLE", "DROP TABLE")]
    with stopper(db) as stop:
        for condition in conditions:
            stop(condition)
            assert "stopped before" in schema("revert").stderr
            db.execute(INSERT)
    schema("revert").expect(0)
    assert schema.dump() == reference
    assert Outbox(db).count() == len(conditions)


def test_a_half_applied_version_can_be_reverted(schema, db):
    db.execute(tables.ALEMBIC)
    reference = schema.dump()
    with stopper(db) as stop:
        stop("$1 = 'CREATE INDEX'")
        assert "claim index: stopped" in schema("apply").stderr
    assert "half applied" in schema("status").expect(1).stdout
    assert schema("revert").expect(0).stdout == "outbox_messages: version 1\n"
    assert schema.dump() == reference


@pytest.mark.parametrize("lines", range(1, 10, 2))
def test_apply_killed_after_each_line(schema, db, lines):
    """SIGKILL, wherever it is by then."""
    db.execute(tables.ALEMBIC)
    Outbox(db).fill("orders", 3000, aggregates=3000)
    child = schema.start("apply")
    for _ in range(lines):
        child.stderr.readline()
    child.kill()
    child.communicate()
    db.execute(INSERT)
    schema("apply").expect(0)
    assert schema.version() == 2
    assert Outbox(db).value("SELECT count(DISTINCT seq) FROM {table}") == 3001


@contextlib.contextmanager
def before_the_indexes(schema, db, connect):
    """Version 2 but for its indexes, and a transaction of a writer that their build waits for."""
    db.execute(tables.ALEMBIC)
    with stopper(db) as stop:
        stop("$1 = 'CREATE INDEX'")
        assert "claim index: stopped" in schema("apply").stderr
    writer = connect(autocommit=False)
    writer.execute(INSERT)
    yield writer


def test_an_index_whose_build_was_interrupted_is_rebuilt(schema, db, connect):
    with before_the_indexes(schema, db, connect) as writer:
        child = schema.start("apply")
        wait_until(lambda: db.execute(BUILDING, ("CREATE INDEX CONCURRENTLY%",)).fetchone(), 20, "the build waits")
        child.kill()
        child.communicate()
        wait_until(lambda: not db.execute(BUILDING, ("CREATE INDEX CONCURRENTLY%",)).fetchone(), 20,
                   "the server gives the build up")
        valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('outbox_messages_outrider_claim')"
        assert db.execute(valid).fetchall() == [(False,)]
        assert "claim index: the queue in the order of its numbers (invalid, will be rebuilt)" in \
            schema("status").expect(1).stdout
        writer.commit()
        schema("apply").expect(0)
        assert db.execute(valid).fetchall() == [(True,)]
        assert schema.version() == 2


def test_a_build_that_waits_says_for_whom(schema, db, connect):
    with before_the_indexes(schema, db, connect) as writer:
        child = schema.start("apply")
        line = child.stderr.readline()
        assert f"waiting for pid {writer.info.backend_pid}" in line
        writer.commit()
        _, rest = child.communicate(timeout=30)
        assert child.returncode == 0, rest
        assert schema.version() == 2


def test_a_row_that_lost_its_place_meanwhile_is_numbered_before_version_2(schema, db, connect):
    """Unpublished by hand while the indexes are built: the last step sees it and the walk begins again."""
    db.execute(tables.ALEMBIC)
    Outbox(db).fill("orders", 10, aggregates=11)
    db.execute("UPDATE outbox_messages SET published = true WHERE aggregate_id = 'a-3'")
    with stopper(db) as stop:
        stop("$1 = 'CREATE INDEX'")
        assert "claim index: stopped" in schema("apply").stderr
    writer = connect(autocommit=False)
    writer.execute("UPDATE outbox_messages SET published = false WHERE aggregate_id = 'a-3'")
    child = schema.start("apply")
    wait_until(lambda: db.execute(BUILDING, ("CREATE INDEX CONCURRENTLY%",)).fetchone(), 20, "the build waits")
    writer.commit()
    _, said = child.communicate(timeout=60)
    assert child.returncode == 0, said
    assert said.index("dead index") < said.index("numbers:")
    assert schema.version() == 2
    assert Outbox(db).value("SELECT count(*) FROM {table} WHERE seq IS NULL") == 0


def test_an_invalid_index_keeps_version_2_away(schema, db):
    """However it became invalid: the last step looks itself."""
    schema("apply").expect(0)
    db.execute("UPDATE outbox_messages_outrider SET version = 1")
    db.execute("UPDATE pg_index SET indisvalid = false "
               "WHERE indexrelid = 'outbox_messages_outrider_dead'::regclass")
    printed = schema("print", "--from", "1").expect(0).stdout
    flip = printed[printed.index("-- Version 2, version:"):]
    assert "UPDATE 0" in schema.psql(flip)
    assert schema.version() == 1
    schema("apply").expect(0)
    assert schema.version() == 2
