# SPDX-License-Identifier: Apache-2.0
"""SIGTERM: the batches in hand are finished and marked, then the relay leaves with 0."""

import signal
import time

import pytest

from support.observer import judge
from support.process import free_port


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_nothing_published_is_left_unmarked(outrider, outbox, observer, topic):
    outbox.slow_marks(0.05)
    outbox.fill(topic, 4000)
    ledger = outbox.ledger()
    ids = {entry.message_id for entry in ledger.committed}
    daemon = outrider.run("-o", "outbox.batch_size=50")
    daemon.wait_until(lambda: observer.count(topic) > 0, 20, "the first message")
    started = time.monotonic()
    assert daemon.terminate() == 0
    assert time.monotonic() - started < 8
    verdict = judge(observer.read(topic), ledger, outbox.marked_ids(ids))
    assert 0 < verdict.arrived < 4000, "the test needs a stop in mid-stream"
    assert not verdict.unmarked_but_arrived and not verdict.marked_but_absent, str(verdict)
    assert not verdict.duplicates
    outbox.run("DROP TRIGGER slow_mark ON {table}")
    outrider.drain().expect(0)
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect(order=False)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_an_idle_relay_leaves_at_once(outrider, outbox, settled, topic, name):
    daemon = outrider.run()
    outbox.insert(topic)
    settled(daemon)
    started = time.monotonic()
    daemon.child.send_signal(getattr(signal, name))
    assert daemon.child.wait(10) == 0
    assert time.monotonic() - started < 2


def test_a_relay_whose_kafka_is_away_leaves_within_stop_timeout(outrider, outbox, topic):
    outbox.fill(topic, 10)
    daemon = outrider.run(config={"kafka": {"bootstrap.servers": f"127.0.0.1:{free_port()}"}})
    daemon.wait_until(lambda: daemon.warned_of("kafka|broker"), 20, "a word about Kafka being away")
    assert daemon.terminate(9) == 0
    assert outbox.published() == 0


def test_a_relay_whose_postgresql_is_away_leaves_within_stop_timeout(outrider):
    dsn = f"postgresql://postgres@127.0.0.1:{free_port()}/nowhere"
    daemon = outrider.run(config={"database": {"dsn": dsn}})
    daemon.wait_until(lambda: daemon.warned_of("postgres|connect"), 20, "a word about PostgreSQL")
    assert daemon.terminate(9) == 0


def test_a_second_signal_leaves_now_and_rolls_back(outrider, outbox, observer, topic):
    outbox.slow_marks(6)
    outbox.fill(topic, 200)
    daemon = outrider.run("-o", "outbox.batch_size=50")
    daemon.wait_until(lambda: observer.count(topic) > 0, 20, "the first message")
    said = len(daemon.text())
    daemon.child.send_signal(signal.SIGTERM)
    daemon.wait_until(lambda: len(daemon.text()) > said, 5, "a word about the first signal")
    daemon.child.send_signal(signal.SIGTERM)
    daemon.child.wait(3)
    outbox.run("DROP TRIGGER slow_mark ON {table}")
    ledger = outbox.ledger()
    outrider.drain().expect(0)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_nothing_lost()
