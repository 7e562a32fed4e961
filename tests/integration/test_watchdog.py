# SPDX-License-Identifier: Apache-2.0
"""The watchdog is fed through any outage, and starves only when a lane is stuck."""

import time

from support import freeze
from support.monitor import ANYWHERE, Monitor
from support.process import wait_until

INTERVAL = 1  # seconds; fed at half of it


def test_fed_while_it_works_and_while_it_idles(outrider, outbox, settled, supervisor, topic):
    outbox.fill(topic, 2000)
    daemon = outrider.run(env=supervisor.watching(INTERVAL))
    assert supervisor.listen_for(4 * INTERVAL) < INTERVAL
    settled(daemon)
    assert daemon.terminate() == 0


def test_fed_while_kafka_is_away(outrider, outbox, supervisor, topic, away):
    outbox.fill(topic, 10)
    daemon = outrider.run(env=supervisor.watching(INTERVAL), config={"kafka": {"bootstrap.servers": away}})
    supervisor.wait_for("STATUS=waiting for Kafka: ")
    assert supervisor.listen_for(8 * INTERVAL) < INTERVAL
    assert daemon.terminate() == 0


def test_fed_while_postgresql_is_away(outrider, supervisor, away):
    dsn = f"postgresql://postgres@{away}/nowhere"
    daemon = outrider.run(env=supervisor.watching(INTERVAL), config={"database": {"dsn": dsn}})
    supervisor.wait_for("STATUS=waiting for PostgreSQL: ")
    assert supervisor.listen_for(4 * INTERVAL) < INTERVAL
    assert daemon.terminate() == 0


def test_fed_on_a_standby(outrider, outbox, supervisor, observer, topic):
    outbox.slow_marks(7)
    outbox.fill(topic, 10)
    active = outrider.run()
    active.wait_until(lambda: observer.count(topic) > 0, 20, "the first message")
    standby = outrider.run(env=supervisor.watching(INTERVAL))
    supervisor.wait_for("STATUS=standby: another relay is active")
    assert supervisor.listen_for(4 * INTERVAL) < INTERVAL
    assert standby.terminate() == 0
    assert active.terminate() == 0


def test_fed_while_the_last_batches_are_finished(outrider, outbox, supervisor, observer, topic):
    outbox.slow_marks(4)
    outbox.fill(topic, 10)
    daemon = outrider.run(env=supervisor.watching(INTERVAL))
    # Listening all the while: a socket holds ten datagrams, and what comes then is lost.
    daemon.wait_until(lambda: supervisor.listen() or observer.count(topic) > 0, 20, "the first message")
    daemon.child.terminate()
    supervisor.wait_for("STOPPING=1")
    assert supervisor.listen_for(2 * INTERVAL) < INTERVAL
    assert daemon.child.wait(10) == 0


def test_a_stuck_lane_starves_it(outrider, outbox, settled, supervisor, topic):
    """An idle lane's look at the table may take 3 s at most here, and 10 s more are its grace."""
    daemon = outrider.run(env=supervisor.watching(INTERVAL), config={
        "database": {"statement_timeout": "1s", "lock_timeout": "100ms"}} | ANYWHERE)
    monitor = Monitor(daemon)
    supervisor.wait_for("STATUS=idle, ")
    [lane] = freeze.lane_threads(daemon.pid)
    with freeze.frozen(lane):
        began = time.monotonic()
        supervisor.wait_for("STATUS=stuck: lane 0 in idle", 30)
        assert time.monotonic() - began > 10
        assert supervisor.listen_for(3 * INTERVAL) > 2.5 * INTERVAL
        [told] = [event for event in daemon.events() if event["event"] == "stalled"]
        assert told["stuck"] and told["phase"] == "idle" and told["connected"]
        status, answer = monitor.answers("/healthz")
        assert (status, answer["healthy"], answer["reasons"][0]["reason"]) == (503, False, "lane_stuck")
        assert monitor.answers("/readyz")[0] == 503
        assert monitor.metric("outrider_lanes_stuck") == 1
    # Let go, it works and all is well.
    supervisor.wait_for("STATUS=idle, ")
    assert supervisor.listen_for(2 * INTERVAL) < INTERVAL
    assert monitor.answers("/healthz")[0] == monitor.answers("/readyz")[0] == 200
    outbox.fill(topic, 10)
    settled(daemon)
    wait_until(lambda: any(event["event"] == "stall_over" for event in daemon.events()), 5, "its end")
    assert daemon.terminate() == 0
