# SPDX-License-Identifier: Apache-2.0
"""Numbers that writers set, or leave out: no committed row is out of reach, none holds up others, and what was
counted as waiting is what waits."""

import json
import re

import pytest

from support import outrider as relay

HIGHEST, LOWEST = 2**63 - 1, -2**63

pytestmark = [pytest.mark.parametrize("version", [2]), pytest.mark.parametrize("slots", [1, 4])]


@pytest.fixture
def numbered(outbox, topic):
    """Inserts a row with this number, whatever the sequence says; its id."""

    def insert(seq, aggregate="a-1"):
        message_id = outbox.insert(topic, aggregate=aggregate)
        outbox.run("UPDATE {table} SET seq = %s WHERE {id} = %s", seq, message_id)
        return message_id

    return insert


def arrived(observer, topic, daemon, ids, timeout=20):
    """Waits until exactly these messages are there; long before a minute, when all is swept."""
    daemon.wait_until(lambda: observer.count(topic) >= len(ids), timeout, f"{len(ids)} messages")
    assert sorted(record.message_id for record in observer.read(topic)) == sorted(ids)


def events(daemon, name):
    return [line for line in daemon.events() if line["event"] == name]


def test_rows_without_a_number_are_drained(outrider, outbox, numbered, observer, topic, db, slots):
    """Un-published by hand, inserted with NULL, copied with NULL, and with the lowest number of all."""
    ids = [outbox.insert(topic), numbered(None, "a-2"), numbered(LOWEST, "a-3"), numbered(-1), numbered(0)]
    outbox.run("UPDATE {table} SET published = true, seq = NULL WHERE {id} = %s", ids[0])
    outbox.run("UPDATE {table} SET published = false WHERE {id} = %s", ids[0])
    with db.cursor() as cursor, cursor.copy(
            "COPY outbox_messages (id, aggregate_type, aggregate_id, event_type, payload, seq) FROM STDIN") as copy:
        ids.append("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
        copy.write_row((ids[-1], "order", "a-4", topic, "{}", None))
    assert re.search(r"^all +6 +0$", outrider.drain("--dry-run").expect(0).stdout, re.MULTILINE)
    assert json.loads(outrider.command("status", "--json").expect(0).stdout)["messages"] == 6
    outrider.drain().expect(0)
    assert outbox.unpublished() == 0
    assert sorted(record.message_id for record in observer.read(topic)) == sorted(ids)


def test_they_are_numbered_beside_a_running_relay(outrider, outbox, numbered, observer, topic, db, slots):
    daemon = outrider.run()
    ids = [outbox.insert(topic)]
    arrived(observer, topic, daemon, ids)
    with db.transaction():  # or it is sent before it loses its number
        ids += [numbered(None), numbered(LOWEST)]
    db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'outrider'")
    arrived(observer, topic, daemon, ids)
    assert sum(line["rows"] for line in events(daemon, "rows_numbered")) == 2
    assert daemon.terminate() == 0


def test_a_role_that_may_not_number_them_says_so(outrider, outbox, numbered, observer, topic, db, slots):
    """And counts them as left: all others are sent."""
    db.execute("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               "IF NEW.seq IS DISTINCT FROM OLD.seq THEN RAISE 'no'; END IF; RETURN NEW; END $$")
    lost, sent = numbered(None), outbox.insert(topic)
    db.execute("CREATE TRIGGER keep BEFORE UPDATE ON outbox_messages FOR EACH ROW EXECUTE FUNCTION keep()")
    done = outrider.drain("--max-seconds", "3", config={"log": {"format": "json"}})
    assert done.code not in (0, 70)
    assert [record.message_id for record in observer.read(topic)] == [sent]
    told = [json.loads(line) for line in done.stderr.splitlines() if "rows_unnumbered" in line]
    assert told and told[0]["code"] == "P0001", done.output
    assert outbox.row(lost) == (False, 0)
    assert json.loads(outrider.command("status", "--json").expect(0).stdout)["messages"] == 1


@pytest.mark.parametrize("when", ["BEFORE", "AFTER"])
def test_rows_that_a_trigger_keeps_without_a_number_hold_up_no_others(outrider, outbox, topic, observer, db, slots, when):
    """More than a transaction numbers, so that each looks as if there were always more."""
    outbox.fill(topic, 2500, prefix="lost")
    outbox.run("UPDATE {table} SET seq = NULL")
    body = {"BEFORE": "NEW.seq := OLD.seq", "AFTER": "UPDATE outbox_messages SET seq = NULL WHERE id = NEW.id"}[when]
    db.execute(f"CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NEW; END $$;"
               f"CREATE TRIGGER keep {when} UPDATE ON outbox_messages FOR EACH ROW "
               "WHEN (OLD.seq IS NULL AND NEW.seq IS NOT NULL) EXECUTE FUNCTION keep()")
    daemon = outrider.run()
    arrived(observer, topic, daemon, [outbox.insert(topic)])
    told = events(daemon, "rows_unnumbered")  # by each lane, once
    assert {line["code"] for line in told} == {"UNDONE"}
    assert all(line["rows"] > 1 for line in told)  # lanes that meet make sets smaller
    assert not events(daemon, "rows_numbered")
    assert daemon.terminate() == 0


NUMBERED = "NEW.id = '{bad}' AND NEW.seq IS DISTINCT FROM OLD.seq"
FUNCTION = ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF " + NUMBERED + " THEN {body}; END IF; RETURN NEW; END $$;")
TRIGGER = FUNCTION + "CREATE TRIGGER f BEFORE UPDATE ON outbox_messages FOR EACH ROW EXECUTE FUNCTION f()"
DEFERRED = FUNCTION + ("CREATE CONSTRAINT TRIGGER f AFTER UPDATE ON outbox_messages DEFERRABLE INITIALLY DEFERRED "
                       "FOR EACH ROW EXECUTE FUNCTION f()")
POLICY = ("ALTER TABLE outbox_messages ENABLE ROW LEVEL SECURITY; ALTER TABLE outbox_messages FORCE ROW LEVEL SECURITY;"
          "CREATE POLICY a ON outbox_messages FOR SELECT USING (true); CREATE POLICY b ON outbox_messages FOR UPDATE ")

# What refuses one row a number: the statement that makes it so, and the code that is told.
REFUSES = {
    "raise": (TRIGGER.replace("{body}", "RAISE 'no' USING ERRCODE = 'ABC01'"), "ABC01"),
    "raise at COMMIT": (DEFERRED.replace("{body}", "RAISE 'no' USING ERRCODE = 'ABC01'"), "ABC01"),
    "raise 57014": (TRIGGER.replace("{body}", "RAISE 'no' USING ERRCODE = '57014'"), "57014"),
    "raise 55P03": (TRIGGER.replace("{body}", "RAISE 'no' USING ERRCODE = '55P03'"), "55P03"),
    "RETURN NULL": (TRIGGER.replace("{body}", "RETURN NULL"), "SHORT"),
    "undo": (TRIGGER.replace("{body}", "NEW.seq := OLD.seq"), "UNDONE"),
    "undo at COMMIT": (DEFERRED.replace(
        "{body}", "UPDATE outbox_messages SET seq = NULL WHERE id = NEW.id"), "UNDONE"),
    "rule": ("CREATE RULE r AS ON UPDATE TO outbox_messages WHERE " + NUMBERED + " DO INSTEAD NOTHING", "SHORT"),
    "constraint": ("ALTER TABLE outbox_messages ADD CHECK (id <> '{bad}' OR seq IS NULL) NOT VALID", "23514"),
    "policy hides": (POLICY + "USING (id <> '{bad}') WITH CHECK (true)", "SHORT"),
    "policy refuses": (POLICY + "USING (true) WITH CHECK (id <> '{bad}' OR seq IS NULL)", "42501"),
}


@pytest.fixture
def as_role(make_role, postgres, database, outrider):
    """The relay has a role of its own, which policies hold for."""
    name = make_role("relay", "SELECT, UPDATE, DELETE ON outbox_messages", "USAGE ON SEQUENCE outbox_messages_outrider_seq")
    outrider.config = relay.merge(outrider.config, {"database": {"dsn": postgres.dsn(database, user=name)}})


def several(numbered, count=9):
    """So many rows without a number, of as many aggregates; the one in the middle is the bad one."""
    ids = [numbered(LOWEST if i % 3 == 2 else None, f"a-{i}") for i in range(count)]
    return ids, ids[count // 2]


@pytest.mark.parametrize("name", REFUSES)
def test_a_row_that_is_refused_a_number_costs_no_other_anything(outrider, outbox, numbered, observer, topic, db, slots,
                                                                as_role, name):
    makes, code = REFUSES[name]
    ids, bad = several(numbered)
    db.execute(makes.format(bad=bad))
    daemon = outrider.run()
    arrived(observer, topic, daemon, [one for one in ids if one != bad])
    daemon.wait_until(lambda: events(daemon, "rows_unnumbered"), 10, "the row named")
    for told in events(daemon, "rows_unnumbered"):
        assert (told["code"], told["id"], told["rows"]) == (code, bad, 1)
    assert not events(daemon, "window_failed")
    assert daemon.terminate() == 0
    assert outbox.row(bad) == (False, 0)


@pytest.mark.parametrize("lock", ["FOR UPDATE", "FOR SHARE"])
def test_a_row_that_is_locked_has_its_turn_later(outrider, outbox, numbered, observer, topic, db, slots, connect, lock):
    """FOR SHARE by two, so that the row names no one transaction."""
    ids, bad = several(numbered)
    holders = [connect(autocommit=False) for _ in range(1 if lock == "FOR UPDATE" else 2)]
    for holder in holders:
        holder.execute(f"SELECT FROM outbox_messages WHERE id = '{bad}' {lock}")
    daemon = outrider.run()
    arrived(observer, topic, daemon, [one for one in ids if one != bad])
    for holder in holders:
        holder.rollback()
    db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'outrider'")
    arrived(observer, topic, daemon, ids)
    assert daemon.terminate() == 0
    assert not events(daemon, "rows_unnumbered")


def test_a_row_that_a_policy_raises_for_stops_no_lane(outrider, outbox, numbered, observer, topic, db, slots, as_role):
    """Whoever looks for rows without a number meets it; a claim does not, which reads numbers."""
    bad, good = numbered(None, "a-1"), outbox.insert(topic)
    db.execute("CREATE FUNCTION raises(id uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN "
               f"IF id = '{bad}' THEN RAISE 'no' USING ERRCODE = 'ABC01'; END IF; RETURN true; END $$;"
               "ALTER TABLE outbox_messages ENABLE ROW LEVEL SECURITY;"
               "CREATE POLICY a ON outbox_messages USING (raises(id))")
    daemon = outrider.run()
    arrived(observer, topic, daemon, [good])
    daemon.wait_until(lambda: events(daemon, "rows_unnumbered"), 10, "it is told")
    assert {line["code"] for line in events(daemon, "rows_unnumbered")} == {"ABC01"}
    arrived(observer, topic, daemon, [good, outbox.insert(topic)])
    assert not events(daemon, "window_failed")
    assert daemon.terminate() == 0


def test_a_row_whose_numbering_ends_the_session_is_a_failed_window(outrider, outbox, numbered, db, slots):
    bad = numbered(None)
    db.execute(TRIGGER.format(bad=bad, body="PERFORM pg_terminate_backend(pg_backend_pid())"))
    daemon = outrider.run()
    daemon.wait_until(lambda: events(daemon, "window_failed"), 10, "a failed window")
    assert "numbering rows without a number" in events(daemon, "window_failed")[0]["error"]
    assert not events(daemon, "rows_unnumbered")
    assert daemon.terminate() == 0


@pytest.mark.parametrize("bad", [1200, 11000])
def test_rows_that_cannot_be_numbered_do_not_starve_those_behind_them(outrider, outbox, topic, observer, db, slots, bad):
    """More than a transaction, and more than a call, reads."""
    outbox.fill(topic, bad, prefix="bad")
    good = outbox.insert(topic, aggregate="good", message_id="00000000-0000-4000-8000-000000000000")
    db.execute("UPDATE outbox_messages SET seq = NULL;"
               "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.seq := OLD.seq; RETURN NEW; END $$;"
               "CREATE TRIGGER keep BEFORE UPDATE ON outbox_messages FOR EACH ROW "
               "WHEN (OLD.aggregate_id <> 'good' AND OLD.seq IS NULL AND NEW.seq IS NOT NULL) EXECUTE FUNCTION keep()")
    daemon = outrider.run()
    arrived(observer, topic, daemon, [good], 50)
    assert daemon.terminate() == 0


def test_many_rows_are_numbered_between_windows(outrider, outbox, topic, slots):
    outbox.fill(topic, 12500, aggregates=500)
    outbox.run("UPDATE {table} SET seq = NULL")
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.unpublished() == 0, 60, "all rows")
    told = [line["rows"] for line in events(daemon, "rows_numbered")]
    assert sum(told) == 12500 and max(told) <= 10000
    assert daemon.terminate() == 0


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("above", [HIGHEST, "soon"])
def test_a_number_above_the_sequence_holds_up_no_row(outrider, outbox, numbered, observer, topic, db, slots, above,
                                                     ordering):
    daemon = outrider.run()
    ids = [outbox.insert(topic)]
    arrived(observer, topic, daemon, ids)
    last = db.execute("SELECT last_value FROM outbox_messages_outrider_seq").fetchone()[0]
    with db.transaction():
        ids.append(numbered(HIGHEST if above == HIGHEST else last + 50))
    arrived(observer, topic, daemon, ids)
    daemon.wait_until(lambda: events(daemon, "row_number_ahead"), 10, "the row named")
    for _ in range(8):  # more than the views that it takes for the floor to rise
        ids.append(outbox.insert(topic, aggregate="b-1"))
        arrived(observer, topic, daemon, ids)
    told, = events(daemon, "row_number_ahead")
    assert told["id"] == ids[1] and told["last_number"] <= last + 1 < told["seq"]
    db.execute(told["statement"])
    assert daemon.terminate() == 0


def test_what_mends_it_does(outrider, outbox, numbered, observer, topic, db, slots):
    ids = [numbered(HIGHEST), outbox.insert(topic)]
    found = [json.loads(line) for line in outrider.command("check", "--json").stdout.splitlines()]
    ahead, = [one for one in found if one["code"] == "row-number-ahead"]
    assert str(HIGHEST) in ahead["detail"]
    db.execute(ahead["command"])
    assert outbox.value("SELECT max(seq) FROM {table}") < 2**41
    assert "row-number-ahead" not in outrider.command("check").stdout
    outrider.drain().expect(0)
    assert [record.message_id for record in observer.read(topic)] == ids[::-1]


def test_the_highest_number_is_drained_among_others(outrider, outbox, numbered, observer, topic, slots):
    ids = [numbered(HIGHEST), numbered(HIGHEST)] + [outbox.insert(topic) for _ in range(20)]
    outrider.drain("-o", "outbox.batch_size=4").expect(0)
    assert sorted(record.message_id for record in observer.read(topic)) == sorted(ids)


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_two_rows_with_one_number(outrider, numbered, observer, topic, db, slots, batch_size):
    """Also when a batch ends between them."""
    daemon = outrider.run("-o", f"outbox.batch_size={batch_size}")
    ids = []
    for _ in range(3):
        with db.transaction():
            number = db.execute("SELECT nextval('outbox_messages_outrider_seq')").fetchone()[0]
            ids += [numbered(number) for _ in range(2)]
        arrived(observer, topic, daemon, ids)
    assert daemon.terminate() == 0
