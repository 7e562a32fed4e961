# SPDX-License-Identifier: Apache-2.0
"""outbox.listen: NOTIFY wakes idle lanes; without a notification everything goes on as without it."""

import pytest

from support.outrider import merge

# As docs/running.md has it.
TRIGGER = """
CREATE FUNCTION notify_relay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify(TG_TABLE_NAME, ''); RETURN NULL; END $$;
CREATE TRIGGER notify_relay AFTER INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION notify_relay()"""
LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN %' AND datname = current_database()"
# A lane that nobody wakes looks once a minute.
SELDOM = {"outbox": {"listen": True, "poll_min": "1m", "poll_max": "1m"}}


def count(daemon, name):
    return len([event for event in daemon.events() if event["event"] == name])


def wait_for_event(daemon, name, least=1):
    daemon.wait_until(lambda: count(daemon, name) >= least, 20, f"{least} x {name}")


@pytest.mark.parametrize("table", ["outbox_messages", 'public."Odd ""name"""'])
@pytest.mark.parametrize("version", [1, 2])
def test_a_row_wakes_idle_lanes(outrider, make_outbox, supervisor, topic, table):
    outbox = make_outbox(table)
    outbox.run(TRIGGER)
    daemon = outrider.run(env=supervisor.env, config=merge(SELDOM, {"outbox": {"lanes": 2, "ordering": "none"}}))
    wait_for_event(daemon, "listening")
    supervisor.wait_for("STATUS=idle, ")
    for _ in range(3):
        row = outbox.insert(topic)
        daemon.wait_until(lambda: outbox.row(row)[0], 10, "a row that was told of")
    assert count(daemon, "listen_heard") == 1
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version", [2])
def test_no_trigger_no_connection_no_harm(outrider, outbox, settled, db, topic):
    """Rows go as without it; a connection that is lost is made again, and then it wakes."""
    daemon = outrider.run(config={"outbox": {"listen": True}})
    wait_for_event(daemon, "listening")
    outbox.fill(topic, 10)
    settled(daemon)
    outbox.run(TRIGGER)
    outbox.fill(topic, 10)
    wait_for_event(daemon, "listen_heard")
    assert len(db.execute(LISTENERS).fetchall()) == 1
    db.execute(f"SELECT pg_terminate_backend(pid) FROM ({LISTENERS}) AS listeners")
    wait_for_event(daemon, "listen_failed")
    outbox.fill(topic, 10)
    settled(daemon)
    wait_for_event(daemon, "listening", 2)
    outbox.fill(topic, 10)
    wait_for_event(daemon, "listen_heard", 2)
    settled(daemon)
    assert count(daemon, "connected") == 1 and daemon.terminate() == 0


@pytest.mark.parametrize("version", [2])
def test_a_trigger_that_goes(outrider, outbox, settled, topic):
    outbox.run(TRIGGER)
    daemon = outrider.run(config={"outbox": {"listen": True}})
    wait_for_event(daemon, "listening")
    outbox.insert(topic)
    wait_for_event(daemon, "listen_heard")
    settled(daemon)
    outbox.run("DROP TRIGGER notify_relay ON {table}")

    def missed():
        outbox.insert(topic)  # not only one: a look that was told of may find it
        return count(daemon, "listen_missed")

    daemon.wait_until(missed, 20, "a row that nobody told of")
    settled(daemon)
    assert daemon.terminate() == 0


def test_beside_a_pooler(outrider, outbox, postgres, pgbouncer, database, topic):
    """The lanes by the pooler, the listener by direct_dsn."""
    outbox.run(TRIGGER)
    config = merge(SELDOM, {"database": {"dsn": pgbouncer.dsn(database), "direct_dsn": postgres.dsn(database)}})
    daemon = outrider.run(config=config)
    wait_for_event(daemon, "listening")
    row = outbox.insert(topic)
    daemon.wait_until(lambda: outbox.row(row)[0], 10, "a row that was told of")
    assert daemon.terminate() == 0


def test_a_retry_is_due_all_the_same(outrider, outbox, topic):
    """No notification tells of it."""
    outbox.run(TRIGGER)
    daemon = outrider.run(config={"outbox": {"listen": True, "retry_backoff": "100ms", "max_retries": 3},
                                  "message": {"topics_allow": ["nothing"]}})
    wait_for_event(daemon, "listening")
    outbox.insert(topic)
    daemon.wait_until(lambda: outbox.given_up(3) == 1, 20, "three attempts")
    assert daemon.terminate() == 0
