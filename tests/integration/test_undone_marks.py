# SPDX-License-Identifier: Apache-2.0
"""A trigger that lets the relay's statement count a row and undoes the mark: the relay treats that mark as refused.

Each case is generated: when the trigger fires, of which rows, and whether the relay runs already. A row whose mark a
trigger undoes is sent once at most, ends as a dead letter that names why, and holds up its aggregate alone; a table that
undoes every mark stops the relay, and blames no row."""

import os
from collections import Counter

import pytest

from support.rows import PARTITION

FAST = {"outbox": {"retry_backoff": "50ms", "retry_backoff_max": "100ms", "max_retries": 2}}
UNFINISHED = 75

BAD, ALL = "OLD.aggregate_id = 'bad'", "true"

# name: the trigger's kind and time, what its function does, what it returns, when it fires
BEFORE = ("TRIGGER undo BEFORE UPDATE", "NEW.{published} := OLD.{published}", "NEW", "")
AFTER = ("TRIGGER undo AFTER UPDATE", "UPDATE {table} SET {published} = false WHERE {id} = NEW.{id} AND {published}", "NULL", "")
TRIGGERS = {
    "before": BEFORE,
    "after": AFTER,
    "deferred": ("CONSTRAINT TRIGGER undo AFTER UPDATE", *AFTER[1:3], "DEFERRABLE INITIALLY DEFERRED"),
}
BACK_AGAIN = ("TRIGGER undo AFTER DELETE", "INSERT INTO {table} SELECT (OLD).*", "NULL", "")


def undo(outbox, trigger, condition, on="{table}"):
    """From now on the trigger undoes the mark of each row for which the condition over OLD holds."""
    created, body, returned, deferred = trigger
    outbox.run(f"""
        CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF {condition} THEN {body}; END IF;
            RETURN {returned}; END $$;
        CREATE {created} ON {on} {deferred} FOR EACH ROW EXECUTE FUNCTION undo()""")


def around(outbox, topic):
    """Good rows, the bad one, and good rows of other aggregates behind. Ids: the bad one, all others."""
    good = [outbox.insert(topic, aggregate=f"a-{n}") for n in range(20)]
    bad = outbox.insert(topic, aggregate="bad")
    return bad, good + [outbox.insert(topic, aggregate=f"b-{n}") for n in range(21)]


def copies(observer, topic):
    """How many records of each row there are."""
    return Counter(record.message_id for record in observer.read(topic))


def started(outrider, outbox, topic, rows=2000, config=None):
    """A relay whose windows do not mark before they send any more, and which only polls: what changes now is seen by the next
    window's view."""
    daemon = outrider.run(config=config or FAST)
    outbox.fill(topic, rows, aggregates=rows)
    daemon.wait_until(lambda: outbox.published() >= rows, 30, "a start")
    daemon.wait_until(lambda: outbox.value(
        "SELECT bool_and(state = 'idle' AND query LIKE '%% IS TRUE%%') FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'outrider'"), 30, "an idle relay")
    return daemon


def is_given_up(daemon, outbox, topic, bad):
    """It is once another row can be marked after it was refused: the table is not at fault."""
    daemon.wait_for_log(f'"mark_refused".*{bad}', 30)
    outbox.insert(topic, aggregate="another")
    daemon.wait_until(lambda: outbox.given_up(2) == 1 and outbox.row(bad) == (False, 2), 30, "the row is dead")


def assert_sent(sent, bad, good, at_most):
    """The good rows exactly once, the bad one that often at most."""
    assert {row: sent[row] for row in good if sent[row] != 1} == {}
    assert sent[bad] <= at_most


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("when", TRIGGERS)
def test_one_row_is_given_up(outrider, outbox, topic, observer, version, busy, when):
    undo(outbox, TRIGGERS[when], BAD)
    daemon = started(outrider, outbox, topic) if busy else None
    bad, good = around(outbox, topic)
    daemon = daemon or outrider.run(config=FAST)
    daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 30, "all other rows")
    is_given_up(daemon, outbox, topic, bad)
    later = outbox.insert(topic, aggregate="bad-2")
    daemon.wait_until(lambda: outbox.row(later)[0], 10, "a later row")
    line = [event for event in daemon.events() if event["event"] == "mark_refused"]
    assert [(event["id"], event["code"]) for event in line] == [(bad, "UNDONE")]
    assert "a trigger of the table undoes that" in line[0]["error"]
    if version == 2:
        assert "UNDONE" in outbox.value("SELECT last_error FROM {table} WHERE {id} = %s", bad)
    assert daemon.terminate() == 0
    outrider.command("status").expect(0)
    outrider.drain(config=FAST).expect(0)  # a dead row is not left
    assert_sent(copies(observer, topic), bad, good + [later], at_most=int(busy))


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("when", TRIGGERS)
def test_it_holds_up_its_own_aggregate_alone(outrider, outbox, topic, observer, version, when):
    """For as long as it has an attempt left; all others flow."""
    bad = outbox.insert(topic, aggregate="bad")
    undo(outbox, TRIGGERS[when], f"OLD.id = '{bad}'")
    followers = [outbox.insert(topic, aggregate="bad") for _ in range(3)]
    good = [outbox.insert(topic, aggregate=f"a-{n}") for n in range(20)]
    daemon = outrider.run(config={"outbox": {"retry_backoff": "1h", "retry_backoff_max": "1h", "max_retries": 2}})
    daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 30, "all other aggregates")
    good.append(outbox.insert(topic, aggregate="another"))
    daemon.wait_until(lambda: outbox.row(bad) == (False, 1), 30, "its attempt is counted")
    for n in range(20):
        good.append(outbox.insert(topic, aggregate=f"c-{n}"))
        daemon.wait_until(lambda: outbox.row(good[-1])[0], 10, "a row of another aggregate")
    assert [outbox.row(one) for one in followers] == [(False, 0)] * 3
    assert daemon.terminate() == 0
    assert copies(observer, topic) == Counter(good)
    if version == 2:
        outbox.run("UPDATE {table} SET next_attempt_at = now() WHERE {id} = %s", bad)
    daemon = outrider.run(config=FAST)
    good.append(outbox.insert(topic, aggregate="another"))
    daemon.wait_until(lambda: set(followers) <= outbox.marked_ids(followers), 30, "those behind it")
    assert outbox.row(bad) == (False, 2) and outbox.given_up(2) == 1
    assert daemon.terminate() == 0
    assert copies(observer, topic) == Counter(good + followers)
    assert [record.message_id for record in observer.read(topic) if record.key == b"bad"] == followers


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("slots", [4])
@pytest.mark.parametrize("when", TRIGGERS)
def test_one_row_of_several_lanes_is_given_up(outrider, outbox, topic, observer, when, slots):
    undo(outbox, TRIGGERS[when], BAD)
    daemon = started(outrider, outbox, topic)
    bad, good = around(outbox, topic)
    daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 30, "all other rows")
    is_given_up(daemon, outbox, topic, bad)
    assert daemon.terminate() == 0
    assert_sent(copies(observer, topic), bad, good, at_most=2)  # once by each lane


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("when", TRIGGERS)
def test_a_table_that_undoes_all_marks_sends_nothing(outrider, outbox, topic, observer, version, when):
    undo(outbox, TRIGGERS[when], ALL)
    rows = [outbox.insert(topic, aggregate=f"a-{n}") for n in range(20)]
    daemon = outrider.run(config=FAST)
    daemon.wait_until(lambda: len(daemon.failures("window_failed")) >= 4, 30, "failed windows")
    line = next(event for event in daemon.events() if event["event"] == "window_failed")
    assert line["code"] == "UNDONE" and "no row can be marked" in line["error"]
    assert {outbox.row(row) for row in rows} == {(False, 0)}
    outrider.command("status", "--max-age", "1ms").expect(1)
    outrider.drain("--max-seconds", "2", config=FAST).expect(UNFINISHED)
    assert observer.count(topic) == 0
    outbox.run("DROP TRIGGER undo ON {table}")
    daemon.wait_until(lambda: set(rows) <= outbox.marked_ids(rows), 30, "all rows")
    assert daemon.terminate() == 0
    assert copies(observer, topic) == Counter(rows)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("when", TRIGGERS)
@pytest.mark.parametrize("condition", [BAD, ALL])
def test_a_trigger_that_comes_under_a_relay(outrider, outbox, topic, observer, connect, version, when, condition):
    """The relay reads the table anew, and marks before it sends."""
    daemon = started(outrider, outbox, topic)
    undo(outbox, TRIGGERS[when], condition)
    bad, good = around(outbox, topic)
    if condition == BAD:
        daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 30, "all other rows")
        is_given_up(daemon, outbox, topic, bad)
    else:
        daemon.wait_until(lambda: len(daemon.failures("window_failed")) >= 4, 30, "failed windows")
        assert outbox.published() == 2000 and outbox.row(bad) == (False, 0)
    assert max(copies(observer, topic).values()) == 1
    daemon.wait_for_log('"table_changed".*triggers')
    outbox.run("DROP TRIGGER undo ON {table}")
    daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 30, "all other rows")
    assert daemon.terminate() == 0
    assert_sent(copies(observer, topic), bad, good, at_most=1)


@pytest.mark.parametrize("version", [2])
def test_a_trigger_that_comes_while_rows_flow(outrider, outbox, topic, observer, writers):
    """Rows whose windows began before the trigger was there are sent once more, when it is gone."""
    writers()
    daemon = outrider.run(config=FAST)
    daemon.wait_until(lambda: outbox.published() > 100, 30, "rows on their way")
    for _ in range(2):
        already = len(daemon.failures("window_failed"))
        undo(outbox, BEFORE, ALL)
        daemon.wait_until(lambda: len(daemon.failures("window_failed")) >= already + 3, 30, "failed windows")
        before = observer.count(topic)
        daemon.wait_until(lambda: len(daemon.failures("window_failed")) >= already + 5, 30, "more failed windows")
        assert observer.count(topic) == before
        outbox.run("ALTER TABLE {table} DISABLE TRIGGER undo")
        published = outbox.published()
        daemon.wait_until(lambda: outbox.published() > published + 100, 30, "rows on their way again")
        outbox.run("DROP FUNCTION undo CASCADE")
    assert max(copies(observer, topic).values()) <= 3  # a copy each time at most


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("condition", [BAD, ALL])
def test_a_trigger_that_is_enabled_under_a_relay(outrider, outbox, topic, observer, condition):
    undo(outbox, BEFORE, condition)
    outbox.run("ALTER TABLE {table} DISABLE TRIGGER undo")
    daemon = started(outrider, outbox, topic)
    outbox.run("ALTER TABLE {table} ENABLE TRIGGER undo")
    bad, good = around(outbox, topic)
    if condition == BAD:
        daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 30, "all other rows")
        is_given_up(daemon, outbox, topic, bad)
    else:
        daemon.wait_until(lambda: len(daemon.failures("window_failed")) >= 4, 30, "failed windows")
    assert daemon.terminate() == 0
    assert max(copies(observer, topic).values()) == 1


@pytest.mark.parametrize("busy", [False, True])
def test_a_trigger_of_a_partition(outrider, outbox, topic, observer, busy):
    outbox.run(PARTITION)
    if not busy:
        undo(outbox, BEFORE, BAD, on="part")
    daemon = started(outrider, outbox, topic)
    if busy:
        undo(outbox, BEFORE, BAD, on="part")
    bad, good = around(outbox, topic)
    daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 30, "all other rows")
    is_given_up(daemon, outbox, topic, bad)
    assert daemon.terminate() == 0
    assert_sent(copies(observer, topic), bad, good, at_most=1)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("max_retries", [1, 2])
def test_a_row_that_a_trigger_keeps_as_it_is(outrider, outbox, topic, observer, version, max_retries):
    """Neither its mark nor its failed attempts stay: it waits in the relay's memory, and the log does not call it dead."""
    undo(outbox, ("TRIGGER undo BEFORE UPDATE", "NEW := OLD", "NEW", ""), BAD)
    daemon = started(outrider, outbox, topic, config={"outbox": FAST["outbox"] | {"max_retries": max_retries}})
    bad, good = around(outbox, topic)
    daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 30, "all other rows")
    daemon.wait_for_log(f'"mark_refused".*{bad}', 30)
    for n in range(20):  # others flow, and the row is tried again and again
        other = outbox.insert(topic, aggregate=f"c-{n}")
        daemon.wait_until(lambda: outbox.row(other)[0], 10, "a row of another aggregate")
    daemon.wait_for_log(f'"failure_unwritten".*{bad}.*UNDONE', 30)
    assert outbox.row(bad) == (False, 0)
    assert not {"message_dead", "message_failed"} & {event["event"] for event in daemon.events()}
    assert_sent(copies(observer, topic), bad, good, at_most=1)
    outbox.run("DROP TRIGGER undo ON {table}")
    daemon.wait_until(lambda: outbox.row(bad)[0], 30, "the row")
    assert daemon.terminate() == 0


UNCOUNT = {
    "before": ("TRIGGER undo BEFORE UPDATE", "NEW := OLD", "NEW", ""),
    "deferred": ("CONSTRAINT TRIGGER undo AFTER UPDATE",
                 "UPDATE {table} SET retry_count = 0, next_attempt_at = NULL, dead_at = NULL "
                 "WHERE id = NEW.id AND retry_count > 0", "NULL", "DEFERRABLE INITIALLY DEFERRED"),
}


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("when", UNCOUNT)
def test_a_failed_attempt_that_a_trigger_takes_back(outrider, outbox, topic, kafka, when):
    """Also by windows that do not mark before they send, and where marks are deletes, which the trigger lets be."""
    undo(outbox, UNCOUNT[when], BAD)
    config = {"outbox": FAST["outbox"] | {"max_retries": 1}, "message": {"topics_allow": [topic]}}
    daemon = outrider.run(config=config)
    outbox.fill(topic, 2000, aggregates=2000)
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "a start")
    bad = outbox.insert(kafka.topic_name("refused"), aggregate="bad")
    daemon.wait_for_log(f'"failure_unwritten".*{bad}.*UNDONE', 30)
    assert outbox.row(bad) == (False, 0)
    assert not {"message_dead", "message_failed"} & {event["event"] for event in daemon.events()}
    outbox.run("DROP TRIGGER undo ON {table}")
    daemon.wait_until(lambda: outbox.given_up(1) == 1, 30, "the row is dead")
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("on_published", ["delete"])
@pytest.mark.parametrize("condition", [BAD, ALL])
def test_rows_that_come_back_after_their_delete(outrider, outbox, topic, observer, condition, version, on_published):
    undo(outbox, BACK_AGAIN, condition)
    bad, good = around(outbox, topic)
    daemon = outrider.run(config=FAST)
    if condition == BAD:
        daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 30, "all other rows")
        is_given_up(daemon, outbox, topic, bad)
        assert_sent(copies(observer, topic), bad, good, at_most=0)
    else:
        daemon.wait_until(lambda: len(daemon.failures("window_failed")) >= 4, 30, "failed windows")
        assert observer.count(topic) == 0
    assert daemon.terminate() == 0


def looks(postgres, pid, begin):
    """How often the server process was asked since then which rows are still unpublished."""
    with open(postgres.log, encoding="utf-8", errors="replace") as log:
        log.seek(begin)
        return sum(f"[{pid}]" in line and "SELECT o." in line and " = ANY ($1) AND o." in line for line in log)


def test_triggers_that_cannot_undo_a_mark_cost_no_statement(outrider, outbox, topic, db, database, postgres):
    """Of other events, before the statement, disabled, for replicas, of a foreign key."""
    outbox.run("""
        CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN coalesce(NEW, OLD); END $$;
        CREATE TRIGGER inserts BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION pass();
        CREATE TRIGGER deletes AFTER DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION pass();
        CREATE TRIGGER statements BEFORE UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION pass();
        CREATE TRIGGER disabled BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION pass();
        ALTER TABLE {table} DISABLE TRIGGER disabled;
        CREATE TRIGGER replicas BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION pass();
        ALTER TABLE {table} ENABLE REPLICA TRIGGER replicas;
        CREATE TABLE notes (id uuid REFERENCES {table} DEFERRABLE INITIALLY DEFERRED)""")
    db.execute(f"ALTER DATABASE {database} SET log_statement = 'all'")
    begin = os.path.getsize(postgres.log)
    daemon = started(outrider, outbox, topic)
    pid = [event["server_pid"] for event in daemon.events() if event["event"] == "connected"][-1]
    assert looks(postgres, pid, begin) == 0
    outbox.run("ALTER TABLE {table} ENABLE ALWAYS TRIGGER disabled")
    outbox.insert(topic)
    daemon.wait_until(lambda: outbox.unpublished() == 0, 10, "a row")
    assert looks(postgres, pid, begin) == 1
