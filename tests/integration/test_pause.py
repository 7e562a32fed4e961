# SPDX-License-Identifier: Apache-2.0
"""SIGUSR1: what is in hand is finished and nothing more is claimed; SIGUSR2: it goes on where it was."""

import signal

import pytest

from support.observer import judge


def events(daemon, name):
    return [event for event in daemon.events() if event["event"] == name]


def pause(daemon):
    daemon.child.send_signal(signal.SIGUSR1)
    daemon.wait_until(lambda: events(daemon, "relay_paused"), 20, "relay_paused")


def resume(daemon):
    daemon.child.send_signal(signal.SIGUSR2)
    daemon.wait_until(lambda: events(daemon, "relay_resumed"), 20, "relay_resumed")


@pytest.mark.parametrize("version, slots", [(2, 1), (2, 2)])
def test_under_load(outrider, writers, observer, outbox, settled, supervisor, topic):
    """Rows that are written meanwhile wait; afterwards each arrives once, in order, by the same connections."""
    daemon = outrider.run(env=supervisor.env)
    load = writers(threads=2, transactions=100_000)
    daemon.wait_until(lambda: outbox.published() > 100, 20, "some messages")
    pause(daemon)
    supervisor.wait_for("STATUS=paused, ")
    at_rest, waiting = outbox.published(), outbox.unpublished()
    daemon.wait_until(lambda: outbox.unpublished() >= waiting + 200, 20, "200 rows more")
    assert outbox.published() == at_rest
    resume(daemon)
    supervisor.wait_for("STATUS=relaying, ")
    load.stop()
    ledger = load.join()
    settled(daemon)
    assert daemon.terminate() == 0
    ids = {entry.message_id for entry in ledger.committed}
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect()
    assert len(events(daemon, "connected")) == outrider.config["outbox"]["lanes"]
    assert not daemon.failures("window_failed")


def test_the_batches_in_hand_are_finished(outrider, outbox, observer, topic):
    outbox.slow_marks(1)
    outbox.fill(topic, 10)
    daemon = outrider.run()
    daemon.wait_until(lambda: observer.count(topic) > 0, 20, "the first message")
    pause(daemon)
    assert 0 < observer.count(topic) == outbox.published() < 10


def test_it_outlasts_a_reload_and_keeps_the_watchdog_fed(outrider, outbox, settled, supervisor, topic):
    daemon = outrider.run(env=supervisor.watching(1))
    supervisor.wait_for("STATUS=idle, ")
    pause(daemon)
    supervisor.wait_for("STATUS=paused, ")
    outbox.fill(topic, 10)
    daemon.reload(outrider.text({"outbox": {"lanes": 2}}))
    supervisor.wait_for("READY=1")
    daemon.wait_until(lambda: events(daemon, "reloaded"), 20, "reloaded")
    assert supervisor.listen_for(3) < 1
    assert outbox.unpublished() == 10 and len(events(daemon, "connected")) == 1
    resume(daemon)
    settled(daemon)
    assert daemon.terminate() == 0


def test_told_to_end_it_leaves_at_once(outrider, outbox, topic):
    daemon = outrider.run()
    daemon.wait_until(lambda: events(daemon, "connected"), 20, "connected")
    pause(daemon)
    outbox.fill(topic, 10)
    assert daemon.terminate() == 0
    assert outbox.unpublished() == 10 and not events(daemon, "relay_leaving")


def test_nobody_knocks_while_a_server_is_worked_on(outrider, outbox, settled, away, topic):
    """Paused in the middle of an outage it comes to rest, too, and asks nothing until it may go on."""
    outbox.fill(topic, 10)
    daemon = outrider.run(config={"kafka": {"bootstrap.servers": away}})
    daemon.wait_until(lambda: daemon.failures("kafka_unavailable"), 20, "an outage")
    pause(daemon)
    tries = len(daemon.failures("kafka_unavailable"))
    daemon.reload(outrider.text())
    daemon.wait_until(lambda: events(daemon, "reloaded"), 20, "reloaded")
    assert len(daemon.failures("kafka_unavailable")) == tries and not events(daemon, "connected")
    resume(daemon)
    settled(daemon)
    assert daemon.terminate() == 0


def test_a_standby_takes_over(outrider, outbox, settled, topic):
    """A pause is one relay's: whoever else serves the table goes on."""
    first = outrider.run()
    first.wait_until(lambda: events(first, "connected"), 20, "connected")
    second = outrider.run()
    second.wait_until(lambda: events(second, "connected"), 20, "connected")
    pause(first)
    outbox.fill(topic, 10)
    settled(second)
    assert first.terminate() == second.terminate() == 0
