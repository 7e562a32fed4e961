# SPDX-License-Identifier: Apache-2.0
"""A session that is no relay and holds a relay's lock is told from a relay, named, and is a reason not to be ready.

PostgreSQL lets every role take every advisory lock, so an application or a psql session can keep all relays out of a
slot, by accident or on purpose.
"""

import json

import psycopg
import pytest

from support.monitor import ANYWHERE, Monitor

LOCK = "'outbox_messages'::regclass::oid::int"
FOUND = 1


@pytest.fixture
def version():
    return 2


@pytest.fixture
def start(outrider):
    def run(*arguments, config=None, **options):
        return Monitor(outrider.run(*arguments, config=ANYWHERE | (config or {}), **options))

    return run


@pytest.fixture
def login(postgres, database, make_role):
    """Makes a role that can log in, with what is granted to it: its connection."""
    made = []

    def new(name, *rights, **options):
        made.append(postgres.connect(database, user=make_role(name, *rights), **options))
        return made[-1]

    yield new
    for connection in made:
        connection.close()


def pid_of(connection):
    return connection.info.backend_pid


def taken(monitor):
    """What /readyz says of the slot; None: nothing."""
    status, answer = monitor.answers("/readyz")
    texts = [reason["text"] for reason in answer["reasons"] if reason["reason"] == "slot_taken"]
    assert status == (503 if answer["reasons"] else 200) and len(texts) <= 1
    return texts[0] if texts else None


def told(monitor):
    return [event for event in monitor.daemon.events() if event["event"] == "slot_taken"]


SQUATTERS = {
    "a session's lock": (f"SELECT pg_advisory_lock({LOCK}, 0)", "outside of any transaction"),
    "a shared one": (f"SELECT pg_advisory_lock_shared({LOCK}, 0)", "outside of any transaction"),
    "the guard": (f"SELECT pg_advisory_lock({LOCK}, -1)", "outside of any transaction"),
}


@pytest.mark.parametrize("squatter", SQUATTERS)
def test_it_is_named_until_it_goes(start, outrider, outbox, connect, settled, topic, squatter):
    """By a role that may update the table: the lock outside of a transaction gives it away."""
    statement, why = SQUATTERS[squatter]
    other = connect(application_name="billing")
    other.execute(statement)
    monitor = start()
    outbox.fill(topic, 20)
    text = monitor.wait_for(taken, 20, "the reason")
    name = f"session {pid_of(other)} (user postgres, application billing"
    assert name in text and why in text and f"SELECT pg_terminate_backend({pid_of(other)})" in text
    assert monitor.answers("/healthz")[0] == 200, "a restart would not help"
    verdict = monitor.status()["verdict"]
    assert verdict["level"] == "bad" and name in verdict["reason"]
    assert name in monitor.get("/status.txt")
    assert name in monitor.get("/")
    [event] = told(monitor)
    assert (event["level"], event["holder_pid"]) == ("warn", pid_of(other)) and name in event["holder"]
    assert event["remedy"] == f"SELECT pg_terminate_backend({pid_of(other)})"
    shown = outrider.command("status", config={"http": {"listen": f"127.0.0.1:{monitor.port}"}}).expect(0)
    assert name in shown.stdout
    other.execute("SELECT pg_advisory_unlock_all()")
    settled(monitor.daemon)
    monitor.wait_for(lambda m: m.answers("/readyz")[0] == 200, 10, "readiness")
    assert len(told(monitor)) == 1, "once a holder"
    assert [event["slot"] for event in monitor.daemon.events() if event["event"] == "slot_freed"] == [0]
    assert monitor.daemon.terminate() == 0


def test_a_role_without_rights_is_no_relay(start, outbox, login, postgres, database, settled, topic):
    """Whatever it calls itself, and in a transaction; seen by a relay's role, which sees least of others."""
    login("relay", "SELECT, UPDATE ON outbox_messages", "SELECT ON outbox_messages_outrider")
    stranger = login("stranger", application_name="outrider", autocommit=False)
    stranger.execute(f"SELECT pg_advisory_xact_lock({LOCK}, 0)")
    dsn = postgres.dsn(database, user=f"relay_{database}")
    monitor = start(config={"database": {"dsn": dsn}})
    text = monitor.wait_for(taken, 20, "the reason")
    assert f"session {pid_of(stranger)} (user stranger_{database}, application outrider)" in text
    assert "its role may not update the table" in text
    stranger.rollback()
    outbox.fill(topic, 5)
    settled(monitor.daemon)
    monitor.wait_for(lambda m: m.answers("/readyz")[0] == 200, 10, "readiness")
    assert monitor.daemon.terminate() == 0


def test_a_role_that_can_become_a_relay_is_taken_for_one(start, outbox, login, db, connect, database):
    """A relay's login role may have its rights by SET ROLE only."""
    login("owner", "UPDATE ON outbox_messages")
    member = login("member", autocommit=False)
    db.execute(f"ALTER ROLE member_{database} NOINHERIT")
    db.execute(f"GRANT owner_{database} TO member_{database}")
    member.execute(f"SELECT pg_advisory_xact_lock({LOCK}, 0)")
    monitor = start()
    monitor.wait_for(lambda m: m.metric("outrider_lane_phase", lane="0", phase="standby") == 1, 20, "its phase")
    # Long enough for a session that is none to be named.
    stranger = connect(application_name="stranger")
    stranger.execute(f"SELECT pg_advisory_lock({LOCK}, -1)")
    assert "stranger" in monitor.wait_for(taken, 20, "the other one")
    assert [event["holder_pid"] for event in told(monitor)] == [pid_of(stranger)]
    assert monitor.daemon.terminate() == 0


def test_another_relay_is_never_named(start, outbox, login, postgres, database, observer, connect, topic):
    """Whatever its role and its name: a standby beside a busy one, with a session to compare to."""
    login("relay", "SELECT, UPDATE ON outbox_messages", "SELECT ON outbox_messages_outrider")
    outbox.slow_marks(0.3)
    outbox.fill(topic, 400)
    busy = start("-o", "outbox.batch_size=2", config={"database": {
        "dsn": postgres.dsn(database, user=f"relay_{database}"), "application_name": "quite another"}})
    busy.wait_for(lambda m: observer.count(topic) > 0, 20, "the first message")
    standby = start()
    standby.wait_for(lambda m: m.metric("outrider_lane_phase", lane="0", phase="standby") == 1, 20, "its phase")
    standby.wait_for(lambda m: observer.count(topic) > 40, 30, "some windows more")
    assert standby.answers("/readyz")[0] == 200 and not told(standby)
    # Between two windows of the busy one the slot is free, and the standby can have a turn.
    standby.wait_for(lambda m: m.status()["verdict"]["line"] == "Standing by.", 20, "its verdict")
    for monitor in (standby, busy):
        monitor.daemon.child.kill()


@pytest.mark.parametrize("ordering", ["none"])
def test_without_order_too(start, outbox, connect, settled, topic):
    other = connect(application_name="billing")
    other.execute(f"SELECT pg_advisory_lock({LOCK}, 0)")
    monitor = start()
    outbox.fill(topic, 20)
    assert "application billing" in monitor.wait_for(taken, 20, "the reason")
    other.execute("SELECT pg_advisory_unlock_all()")
    settled(monitor.daemon)
    monitor.wait_for(lambda m: m.answers("/readyz")[0] == 200, 10, "readiness")
    assert monitor.daemon.terminate() == 0


@pytest.mark.parametrize("slots", [4])
def test_one_slot_of_four(start, outbox, connect, settled, topic):
    """The lanes work on in the others, and are not ready all the same: a quarter of all messages waits."""
    other = connect(application_name="billing")
    other.execute(f"SELECT pg_advisory_lock({LOCK}, 2)")
    monitor = start()
    outbox.fill(topic, 200, aggregates=50)
    text = monitor.wait_for(taken, 20, "the reason")
    assert "application billing" in text and "the lock of slot 2" in text
    assert outbox.published() > 0
    assert len(told(monitor)) == 1, "two lanes, one line"
    other.execute("SELECT pg_advisory_unlock_all()")
    settled(monitor.daemon)
    monitor.wait_for(lambda m: m.answers("/readyz")[0] == 200, 10, "readiness")
    assert monitor.daemon.terminate() == 0


def test_the_commands_say_so(outrider, outbox, connect, topic):
    other = connect(application_name="billing")
    other.execute(f"SELECT pg_advisory_lock({LOCK}, 0)")
    outbox.fill(topic, 3)
    name = f"session {pid_of(other)} (user postgres, application billing"
    done = outrider.command("check", "--json").expect(FOUND)
    [finding] = [one for one in map(json.loads, done.stdout.splitlines()) if one["severity"] == "error"]
    assert finding["code"] == "slot-taken" and name in finding["detail"]
    drained = outrider.drain("--max-seconds", "5", config={"log": {"level": "info"}})
    assert drained.code != 0 and outbox.unpublished() == 3
    assert name in drained.output and "another relay is working" not in drained.output
    connect().execute(finding["command"])
    assert "slot-taken" not in outrider.command("check").stdout
    with pytest.raises(psycopg.OperationalError):
        other.execute("SELECT 1")
    outrider.drain("--max-seconds", "30").expect(0)
