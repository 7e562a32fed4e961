# SPDX-License-Identifier: Apache-2.0
"""`schema apply --slots N` changes the number of a table's slots: shown, printed, repeatable, and
whatever cuts it short, the same command goes on to the same end."""

import pytest

from support import schema as tables
from support.process import wait_until
from support.schema import ODD, quoted

BUILDING = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND state = 'active' " \
           "AND wait_event_type = 'Lock' AND datname = current_database()"
# Fails the command's statements that change the schema, or the number of slots, from the n-th on.
STOPPER = """
CREATE SCHEMA stopper;
CREATE SEQUENCE stopper.ddl;
CREATE TABLE stopper.setting AS SELECT 0 AS after;
CREATE FUNCTION stopper.count() RETURNS void SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('application_name') = 'outrider' AND nextval('stopper.ddl') > (SELECT after FROM stopper.setting)
    THEN RAISE 'stopped'; END IF;
END $$;
CREATE FUNCTION stopper.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM stopper.count(); END $$;
CREATE FUNCTION stopper.on_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM stopper.count(); RETURN NEW; END $$;
CREATE EVENT TRIGGER stopper ON ddl_command_start EXECUTE FUNCTION stopper.on_ddl();
CREATE TRIGGER stopper BEFORE UPDATE ON outbox_messages_outrider FOR EACH ROW EXECUTE FUNCTION stopper.on_update();
"""


def slots(db):
    return db.execute("SELECT slots FROM outbox_messages_outrider").fetchone()[0]


def indexes(db):
    """The numbers of slots that have an index."""
    rows = db.execute("SELECT substring(relname FROM '_outrider_slots_([0-9]+)$')::int FROM pg_class "
                      "WHERE relname ~ '_outrider_slots_' ORDER BY 1").fetchall()
    return [row[0] for row in rows]


def test_from_nothing_to_four_to_eight_to_one(schema, db):
    assert schema("apply", "--slots", "4").expect(0).stdout == "outbox_messages: version 2, 4 slots\n"
    assert (slots(db), indexes(db)) == (4, [4])
    assert "slots    4\n" in schema("status").expect(0).stdout
    assert "CREATE INDEX" in (plan := schema("apply", "--slots", "8", "--dry-run").expect(0).stdout) and "slots = 8" in plan
    assert (slots(db), indexes(db)) == (4, [4])
    schema("apply", "--slots", "8").expect(0)
    assert (slots(db), indexes(db)) == (8, [8])
    assert schema("apply").expect(0).stderr == "", "without the option the number stays"
    assert schema("apply", "--slots", "8").expect(0).stderr == "", "a second time there is nothing to do"
    schema("apply", "--slots", "1").expect(0)
    assert (slots(db), indexes(db)) == (1, [])
    assert schema("apply", "--slots", "1", "--dry-run").expect(0).stdout == "-- nothing to do\n"


@pytest.mark.parametrize("number", [2, 64])
def test_back_to_one_and_revert_leave_nothing_behind(schema, db, number):
    db.execute(tables.ALEMBIC)
    first = schema.dump()
    schema("apply").expect(0)
    second = schema.dump()
    schema("apply", "--slots", str(number)).expect(0)
    schema("apply", "--slots", "1").expect(0)
    assert schema.dump() == second
    schema("apply", "--slots", str(number)).expect(0)
    assert schema("revert").expect(0).stdout == "outbox_messages: version 1\n"
    assert schema.dump() == first


@pytest.mark.parametrize("odd", [False, True])
def test_print_is_what_apply_does(schema, other, odd):
    away = {"database": {"dsn": "postgresql://127.0.0.1:1/none"}}
    for one in (schema, other):
        if odd:
            one.configure(table=f"{quoted(ODD['schema'])}.{quoted(ODD['table'])}", columns=ODD["columns"])
            one.psql(f"CREATE SCHEMA {quoted(ODD['schema'])};")
    schema("apply", "--slots", "4").expect(0)
    other.psql(other("print", "--slots", "4", config=away).expect(0).stdout)
    assert other.dump() == schema.dump()
    schema("apply", "--slots", "2").expect(0)
    other.psql(other("print", "--from", "2", "--slots", "2", config=away).expect(0).stdout)
    assert other.dump() == schema.dump()
    assert "slots    2\n" in other("status").expect(0).stdout
    schema("revert").expect(0)
    other.psql(other("print", "--from", "2", "--to", "1", config=away).expect(0).stdout)
    assert other.dump() == schema.dump()


def test_stopped_at_each_statement(schema, db):
    """2 to 4 slots: what a stopped run has left is shown, and gone on with."""
    schema("apply", "--slots", "2").expect(0)
    db.execute(STOPPER)
    seen = []
    for after in range(20):
        db.execute("UPDATE stopper.setting SET after = %s", (after,))
        db.execute("SELECT setval('stopper.ddl', 1, false)")
        result = schema("apply", "--slots", "4")
        seen.append((slots(db), indexes(db)))
        if result.code == 0:
            break
        assert "stopped" in result.stderr, result.output
        if indexes(db) != [slots(db)]:
            assert "slot index: that of" in schema("status").expect(1).stdout
        # Each run begins where the first one did.
        db.execute("DROP EVENT TRIGGER stopper; DROP TRIGGER stopper ON outbox_messages_outrider; DROP SCHEMA stopper CASCADE")
        schema("apply", "--slots", "4").expect(0)
        assert (slots(db), indexes(db)) == (4, [4])
        schema("apply", "--slots", "2").expect(0)
        db.execute(STOPPER)
    assert seen == [(2, [2]), (2, [2, 4]), (4, [2, 4]), (4, [4])]


def test_what_a_change_that_was_given_up_has_left_goes(schema, db):
    """Without the option the number in force stays, and the other index is dropped."""
    schema("apply", "--slots", "2").expect(0)
    db.execute(STOPPER)
    db.execute("UPDATE stopper.setting SET after = 1")
    assert "slots: stopped" in schema("apply", "--slots", "4").stderr
    db.execute("DROP EVENT TRIGGER stopper; DROP TRIGGER stopper ON outbox_messages_outrider; DROP SCHEMA stopper CASCADE")
    assert indexes(db) == [2, 4]
    schema("apply").expect(0)
    assert (slots(db), indexes(db)) == (2, [2])


def test_an_index_whose_build_was_interrupted_is_rebuilt(schema, db, connect):
    schema("apply").expect(0)
    writer = connect(autocommit=False)
    writer.execute("INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) "
                   "VALUES (gen_random_uuid(), 'order', 'a', 'orders', '{}')")
    child = schema.start("apply", "--slots", "4")
    wait_until(lambda: db.execute(BUILDING).fetchone(), 20, "the build waits")
    child.kill()
    child.communicate()
    wait_until(lambda: not db.execute(BUILDING).fetchone(), 20, "the server gives the build up")
    writer.commit()
    assert (slots(db), indexes(db)) == (1, [4])
    schema("apply", "--slots", "4").expect(0)
    assert db.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'outbox_messages_outrider_slots_4'::regclass"
                      ).fetchall() == [(True,)]
    assert slots(db) == 4


def test_an_index_that_was_dropped_by_hand_comes_back(schema, db):
    schema("apply", "--slots", "4").expect(0)
    db.execute("DROP INDEX outbox_messages_outrider_slots_4")
    assert "slot index: the queue of each of 4 slots" in schema("status").expect(1).stdout
    schema("apply").expect(0)
    assert (slots(db), indexes(db)) == (4, [4])


@pytest.mark.parametrize("arguments, said", [
    (["apply", "--slots", "3"], "a power of two"), (["apply", "--slots", "128"], "from 1 to 64"),
    (["apply", "--slots", "0"], "from 1 to 64"), (["apply", "--slots", "many"], "a whole number"),
    (["apply", "--slots", "4", "--to", "1"], "only version 2 has slots"),
    (["print", "--slots", "4", "--from", "2", "--to", "1"], "only version 2 has slots")])
def test_wrong_numbers(schema, arguments, said):
    assert said in schema(*arguments).expect(64).stderr
