# SPDX-License-Identifier: Apache-2.0
"""A broker refuses records whose time is too far from its own clock. A host's clock, or a topic's setting, is at fault
then and never a row: no row gets an attempt, the log names the clocks' difference, and all rows go by themselves when
the clock is right."""

import re

import pytest

from support import outrider as relay
from support.monitor import ANYWHERE, Monitor
from support.observer import judge
from support.process import wait_until
from support.wall_clock import WallClock

ROWS = 200
AHEAD = re.compile(r"7[12]\d\d\.\d s ahead of")
BEHIND = re.compile(r"7[12]\d\d\.\d s behind")

pytestmark = pytest.mark.skipif(relay.is_sanitized(), reason="a sanitizer wants to be loaded before faketime")


@pytest.fixture
def version():
    return 2


@pytest.fixture
def clock(tmp_path):
    return WallClock(str(tmp_path))


@pytest.fixture
def hasty(outrider):
    """A relay that does not let a test wait: a row that died would do so within seconds."""
    outrider.config = relay.merge(outrider.config, ANYWHERE | {
        "outbox": {"topic_retry": "500ms", "retry_backoff": "100ms", "max_retries": 2}})
    return outrider


def untouched(outbox):
    """No row has an attempt, and none is dead."""
    return outbox.value("SELECT coalesce(max({retry_count}), 0) FROM {table}") == 0 and outbox.given_up() == 0


def tried_again(monitor, topic):
    """Waits until rows had the time to try the topic again; it must be blocked all the while."""
    def age():
        trouble = monitor.status()["lanes"][0]["trouble"]
        assert (trouble["event"], trouble["code"]) == ("topic_blocked", "INVALID_TIMESTAMP"), trouble
        return trouble["age_ms"]

    wait_until(lambda: age() > 4000, 30, "the time of two tries", every=0.1)
    assert monitor.metric("outrider_breaker_open", topic=topic) == 1


def flows_when_right(hasty, outbox, observer, settled, daemon, ledger, *topics):
    assert daemon.terminate() == 0
    again = hasty.run()
    settled(again, timeout=30)
    assert untouched(outbox)
    judge(observer.read(*topics), ledger, outbox.marked_ids()).assert_perfect()
    assert not again.warned_of("INVALID_TIMESTAMP")


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_clock_ahead_costs_no_row(hasty, outbox, observer, kafka, settled, clock, ordering, version):
    """Kafka 4 refuses what is an hour ahead, on every topic that keeps the producer's time."""
    one, two = (kafka.create_topic(kafka.topic_name(word)) for word in ("one", "two"))
    outbox.fill(one, ROWS, prefix="one")
    outbox.fill(two, ROWS, prefix="two")
    ledger = outbox.ledger()
    clock.set("+2h")
    daemon = hasty.run(env=clock.env)
    for topic in (one, two):
        daemon.wait_for_log(f'topic_blocked.*"{topic}".*INVALID_TIMESTAMP', 30)
    blocked = [event for event in daemon.events() if event["event"] == "topic_blocked"]
    assert all(AHEAD.search(event["error"]) for event in blocked), blocked
    assert all("message.timestamp.after.max.ms" in event["error"] for event in blocked)
    monitor = Monitor(daemon)
    tried_again(monitor, one)
    trouble = monitor.status()["lanes"][0]["trouble"]
    assert AHEAD.search(trouble["error"])
    _, answer = monitor.answers("/readyz")
    assert any(AHEAD.search(reason["text"]) for reason in answer["reasons"]), answer
    assert untouched(outbox) and outbox.published() == 0
    flows_when_right(hasty, outbox, observer, settled, daemon, ledger, one, two)


def test_rows_go_when_the_clock_is_set_right(hasty, outbox, observer, kafka, settled, clock):
    """Without a restart, as when the time service comes back."""
    topic = kafka.create_topic(kafka.topic_name())
    outbox.fill(topic, ROWS)
    ledger = outbox.ledger()
    clock.set("+2h")
    daemon = hasty.run(env=clock.env)
    daemon.wait_for_log("topic_blocked", 30)
    clock.set("+0")
    settled(daemon, timeout=30)
    assert untouched(outbox)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect()


def test_a_topic_that_keeps_the_brokers_time_flows(hasty, outbox, kafka, observer, clock):
    strict = kafka.create_topic(kafka.topic_name("strict"))
    free = kafka.create_topic(kafka.topic_name("free"), message_timestamp_type="LogAppendTime")
    outbox.fill(strict, ROWS, prefix="strict")
    outbox.fill(free, ROWS, prefix="free")
    clock.set("+2h")
    daemon = hasty.run(env=clock.env)
    daemon.wait_until(lambda: outbox.published() == ROWS, 30, "the other topic's rows")
    assert observer.count(free) == ROWS and observer.count(strict) == 0
    assert untouched(outbox)


def test_a_clock_behind_costs_no_row(hasty, outbox, observer, kafka, settled, clock):
    """Kafka's default takes old times; a topic's own limit may not."""
    plain = kafka.create_topic(kafka.topic_name("plain"))
    fresh = kafka.create_topic(kafka.topic_name("fresh"), message_timestamp_before_max_ms=3600000)
    outbox.fill(plain, ROWS, prefix="plain")
    outbox.fill(fresh, ROWS, prefix="fresh")
    ledger = outbox.ledger()
    clock.set("-2h")
    daemon = hasty.run(env=clock.env)
    daemon.wait_for_log(f'topic_blocked.*"{fresh}".*INVALID_TIMESTAMP', 30)
    blocked, = [event for event in daemon.events() if event["event"] == "topic_blocked"]
    assert BEHIND.search(blocked["error"]) and "message.timestamp.before.max.ms" in blocked["error"]
    daemon.wait_until(lambda: outbox.published() == ROWS, 30, "the other topic's rows")
    tried_again(Monitor(daemon), fresh)
    assert untouched(outbox)
    flows_when_right(hasty, outbox, observer, settled, daemon, ledger, plain, fresh)


def test_a_topics_own_limit_stops_only_that_topic(hasty, outbox, observer, kafka, settled):
    """The clocks agree, so the log does not call one wrong."""
    plain = kafka.create_topic(kafka.topic_name("plain"))
    narrow = kafka.create_topic(kafka.topic_name("narrow"), message_timestamp_before_max_ms=0)
    outbox.fill(plain, ROWS, prefix="plain")
    outbox.fill(narrow, ROWS, prefix="narrow")
    ledger = outbox.ledger()
    daemon = hasty.run()
    daemon.wait_for_log(f'topic_blocked.*"{narrow}".*INVALID_TIMESTAMP', 30)
    blocked = [event for event in daemon.events() if event["event"] == "topic_blocked"]
    assert all("agrees with PostgreSQL's" in event["error"] for event in blocked), blocked
    daemon.wait_until(lambda: outbox.published() >= ROWS, 30, "the other topic's rows")
    assert untouched(outbox)
    kafka.alter_topic(narrow, message_timestamp_before_max_ms=3600000)
    settled(daemon, timeout=30)
    assert untouched(outbox)
    judge(observer.read(plain, narrow), ledger, outbox.marked_ids()).assert_nothing_lost()
