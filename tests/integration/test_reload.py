# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: what is good is taken over without a loss, what is bad changes nothing."""

import contextlib
import signal

import pytest

from support import freeze
from support.observer import judge


def events(daemon, name):
    return [event for event in daemon.events() if event["event"] == name]


def wait_for_event(daemon, name, count=1):
    daemon.wait_until(lambda: len(events(daemon, name)) >= count, 20, f"{count} x {name}")
    return events(daemon, name)[-1]


@pytest.mark.parametrize("version", [2])
def test_everything_can_change_under_load(outrider, writers, observer, outbox, settled, supervisor, topic):
    """Batches, lanes, the producer, the log, while writers write: each row once, in order."""
    daemon = outrider.run(env=supervisor.env)
    load = writers(threads=2, transactions=100_000)
    changes = [
        {"outbox": {"batch_size": 7}, "log": {"level": "info"}},
        {"outbox": {"batch_size": 500, "lanes": 3}},
        {"kafka": {"linger.ms": 20, "compression.type": "gzip"}, "database": {"application_name": "other"}},
    ]
    supervisor.wait_for("READY=1")
    for number, change in enumerate(changes, 1):
        before = outbox.published()
        daemon.wait_until(lambda: outbox.published() > before, 20, "some messages")
        daemon.reload(outrider.text(change))
        supervisor.wait_for("RELOADING=1\nMONOTONIC_USEC=")
        supervisor.wait_for("READY=1")
        wait_for_event(daemon, "reloaded", number)
    load.stop()
    ledger = load.join()
    settled(daemon)
    assert daemon.terminate() == 0
    told = [set(event["changed"].split(", ")) for event in events(daemon, "reloaded")]
    assert told == [
        {"outbox.batch_size", "log.level"},
        {"outbox.batch_size", "outbox.lanes", "log.level"},
        {"database.application_name", "outbox.batch_size", "outbox.lanes", "kafka.linger.ms",
         "kafka.compression.type"},
    ]
    ids = {entry.message_id for entry in ledger.committed}
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect()
    [stopped] = events(daemon, "relay_stopped")
    assert stopped["published"] == len(ledger.committed)


def test_a_bad_one_is_told_whole_and_changes_nothing(outrider, outbox, settled, supervisor, topic):
    daemon = outrider.run(env=supervisor.env)
    wait_for_event(daemon, "connected")
    daemon.reload(outrider.text({"outbox": {"lanes": "many", "poll_max": "never"}}))
    supervisor.wait_for("RELOADING=1")
    supervisor.wait_for("READY=1")
    wait_for_event(daemon, "reload_failed")
    told = [event["text"] for event in events(daemon, "config_error")]
    assert len(told) == 2 and "outbox.lanes" in told[0] and "outbox.poll_max" in told[1]
    assert told[0].startswith(daemon.path + ":")
    outbox.fill(topic, 10)
    settled(daemon)
    assert len(events(daemon, "relay_started")) == 1 and not events(daemon, "reloaded")
    # Mended, it is taken.
    daemon.reload(outrider.text({"outbox": {"lanes": 2}}))
    assert wait_for_event(daemon, "reloaded")["changed"] == "outbox.lanes"
    assert daemon.terminate() == 0


def test_nothing_new_restarts_nothing(outrider, outbox):
    daemon = outrider.run()
    wait_for_event(daemon, "connected")
    daemon.reload("# only a comment\n" + outrider.text())
    wait_for_event(daemon, "reload_unchanged")
    daemon.child.send_signal(signal.SIGHUP)
    wait_for_event(daemon, "reload_unchanged", 2)
    assert len(events(daemon, "connected")) == 1
    assert daemon.terminate() == 0


def test_what_lanes_have_nothing_to_do_with_is_taken_at_once(outrider, outbox, settled, topic):
    """More of the log in the middle of a bad night, and the lanes do not notice; then they change, too."""
    outbox.slow_marks(0.2)
    outbox.fill(topic, 5)
    daemon = outrider.run("-o", "outbox.batch_size=1", config={"log": {"level": "error"}})
    daemon.wait_until(lambda: outbox.published() > 0, 20, "a first message")
    quiet = {"log": {"level": "info"}, "stop_timeout": "5s"}
    daemon.reload(outrider.text(quiet))
    told = wait_for_event(daemon, "reloaded")
    assert set(told["changed"].split(", ")) == {"log.level", "stop_timeout"}
    assert told["lanes_restarted"] is False and not events(daemon, "reloading")
    settled(daemon)
    assert not events(daemon, "connected"), "the lanes have kept their connection"
    daemon.reload(outrider.text(quiet | {"outbox": {"poll_max": "100ms"}}))
    told = wait_for_event(daemon, "reloaded", 2)
    assert told["changed"] == "outbox.poll_max" and told["lanes_restarted"] is True
    wait_for_event(daemon, "connected")
    daemon.reload(outrider.text(quiet | {"outbox": {"poll_max": "100ms"}, "stop_timeout": "6s"}))
    wait_for_event(daemon, "reloaded", 3)
    assert daemon.terminate() == 0
    assert wait_for_event(daemon, "relay_stopping")["stop_timeout_ms"] == 6000


def test_what_the_file_says_in_vain_is_named(outrider, outbox):
    """-o and the environment decide, and both are as they were at the start."""
    daemon = outrider.run("-o", "outbox.batch_size=7", env={"OUTRIDER_OUTBOX_POLL_MAX": "100ms"})
    wait_for_event(daemon, "connected")
    daemon.reload(outrider.text({"outbox": {"batch_size": 8, "poll_max": "90ms"}}))
    told = wait_for_event(daemon, "reload_shadowed")
    assert set(told["keys"].split(", ")) == {"outbox.batch_size", "outbox.poll_max"} and "restart" in told["next"]
    wait_for_event(daemon, "reload_unchanged")
    daemon.reload(outrider.text({"outbox": {"batch_size": 8, "poll_max": "90ms", "max_retries": 6}}))
    assert wait_for_event(daemon, "reloaded")["changed"] == "outbox.max_retries"
    assert daemon.terminate() == 0 and outbox.published() == 0


def test_a_way_out_of_an_outage(outrider, outbox, settled, topic, away):
    """Kafka has moved: the new address helps without a restart."""
    outbox.fill(topic, 10)
    daemon = outrider.run(config={"kafka": {"bootstrap.servers": away}})
    wait_for_event(daemon, "kafka_unavailable")
    daemon.reload(outrider.text())
    settled(daemon)
    assert events(daemon, "reloaded")[0]["changed"] == "kafka.bootstrap.servers"
    assert daemon.terminate() == 0


def test_terminated_in_the_midst_of_it(outrider, outbox, observer, topic):
    """The batches in hand are finished for the reload; no other relay begins."""
    outbox.slow_marks(2)
    outbox.fill(topic, 10)
    daemon = outrider.run()
    daemon.wait_until(lambda: observer.count(topic) > 0, 20, "the first message")
    daemon.reload(outrider.text({"outbox": {"batch_size": 5}}))
    wait_for_event(daemon, "reloading")  # and waits for the mark
    daemon.child.send_signal(signal.SIGTERM)
    assert daemon.child.wait(10) == 0
    assert observer.count(topic) == outbox.published() > 0
    assert not events(daemon, "reloaded") and len(events(daemon, "connected")) == 1
    assert events(daemon, "relay_stopped")[0]["published"] == outbox.published()


def test_another_one_in_the_midst_of_it_is_not_lost(outrider, outbox, observer, topic):
    outbox.slow_marks(2)
    outbox.fill(topic, 10)
    daemon = outrider.run()
    daemon.wait_until(lambda: observer.count(topic) > 0, 20, "the first message")
    daemon.reload(outrider.text({"outbox": {"batch_size": 5}}))
    wait_for_event(daemon, "reloading")  # and waits for the mark
    daemon.reload(outrider.text({"outbox": {"batch_size": 6}}))
    wait_for_event(daemon, "reloaded", 2)
    assert daemon.terminate() == 0


# A lane that hangs in a call, as one does in the resolver; the call may take 13 s at most here.
HANGING = {"stop_timeout": "100ms",
           "database": {"statement_timeout": "1s", "lock_timeout": "100ms"}}


@pytest.fixture
def hanging(outrider, outbox, supervisor):
    """Starts a daemon whose lane hangs while it is to reload, within the block."""

    @contextlib.contextmanager
    def start():
        daemon = outrider.run(env=supervisor.watching(1), config=HANGING)
        supervisor.wait_for("STATUS=idle, ")
        [lane] = freeze.lane_threads(daemon.pid)
        with freeze.frozen(lane):
            daemon.reload(outrider.text(HANGING | {"kafka": {"linger.ms": 20}}))
            wait_for_event(daemon, "relay_leaving")
            yield daemon

    return start


def test_a_lane_that_hangs_is_waited_for(hanging, outbox, settled, supervisor, topic):
    """Longer than a stop would; the watchdog is fed meanwhile."""
    with hanging() as daemon:
        assert supervisor.listen_for(4) < 1
        assert daemon.running() and not events(daemon, "reloaded")
    wait_for_event(daemon, "reloaded")
    outbox.fill(topic, 10)
    settled(daemon)
    assert daemon.terminate() == 0


@pytest.mark.parametrize("told", [True, False])
def test_a_lane_that_hangs_is_not_waited_for_for_ever(hanging, told):
    """Told to end, or when no call takes so long: then a restart helps."""
    with hanging() as daemon:
        if told:
            daemon.child.send_signal(signal.SIGTERM)
        wait_for_event(daemon, "relay_stuck")
    assert daemon.child.wait(10) == 70
