# SPDX-License-Identifier: Apache-2.0
"""A broker refuses a batch as a whole; only the message that is meant is blamed for it, and none when the topic
refuses every message."""

import pytest

from support import outrider as relay
from support.observer import judge

LARGE = "jsonb_build_object('t', repeat(md5(n::text), CASE WHEN n = 57 THEN 10000 ELSE 300 END))"


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_one_message_over_the_topics_limit(outrider, outbox, observer, kafka, ordering):
    topic = kafka.create_topic(kafka.topic_name("narrow"), partitions=1, max_message_bytes=200_000)
    outbox.fill(topic, 100, payload=LARGE, aggregates=100)
    ledger = outbox.ledger()
    culprit = outbox.value("SELECT {id}::text FROM {table} ORDER BY octet_length({payload}::text) DESC LIMIT 1")
    result = outrider.drain().expect(0)
    assert outbox.published() == 99
    assert outbox.given_up() == 1
    others = outbox.value("SELECT max({retry_count}) FROM {table} WHERE {id} <> %s", culprit)
    assert others == 0
    ledger.committed = [entry for entry in ledger.committed if entry.message_id != culprit]
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect(order=False)
    assert "batch_refused" in result.stderr
    assert "MSG_SIZE_TOO_LARGE" in result.stderr


HASTY = {"outbox": {"topic_retry": "500ms", "retry_backoff": "100ms", "max_retries": 2}}


@pytest.mark.parametrize("version", [1, 2])
def test_a_topic_that_takes_nothing_kills_no_row(outrider, outbox, observer, kafka, settled):
    """Somebody made a topic compacted whose rows have no key: it refuses all of them, until that is mended."""
    topic = kafka.create_topic(kafka.topic_name("compacted"), cleanup_policy="compact")
    other = kafka.create_topic(kafka.topic_name("plain"))
    outbox.run("ALTER TABLE {table} ALTER {aggregate_id} DROP NOT NULL")
    for n in range(20):
        outbox.insert(topic, f'{{"n": {n}}}', aggregate=None)
    outbox.insert(other)
    daemon = outrider.run(config=relay.merge(outrider.config, HASTY))
    daemon.wait_for_log(f'refusal_doubted.*"{topic}".*INVALID_RECORD', 20)
    daemon.wait_until(lambda: outbox.published() == 1, 20, "the other topic's row")
    daemon.wait_until(lambda: len([e for e in daemon.events() if e["event"] == "refusal_doubted"]) > 1, 20, "more tries")
    assert outbox.given_up() == 0 and outbox.row_counts()[1] == 0
    kafka.alter_topic(topic, cleanup_policy="delete")
    settled(daemon, timeout=30)
    assert observer.count(topic) == 20
    assert outbox.row_counts()[1] == 0
    assert not daemon.failures("message_dead")


@pytest.mark.parametrize("version", [1, 2])
def test_a_row_without_a_key_dies_beside_others(outrider, outbox, observer, kafka):
    """A compacted topic takes the rows that have keys: so the one that has none is at fault."""
    topic = kafka.create_topic(kafka.topic_name("compacted"), cleanup_policy="compact")
    outbox.run("ALTER TABLE {table} ALTER {aggregate_id} DROP NOT NULL")
    bad = outbox.insert(topic, aggregate=None)
    daemon = outrider.run(config=relay.merge(outrider.config, HASTY))
    daemon.wait_for_log("refusal_doubted", 20)
    assert outbox.row(bad) == (False, 0)

    def another():
        outbox.insert(topic, aggregate="good")
        return outbox.given_up(2) == 1

    daemon.wait_until(another, 30, "the row's end")
    assert outbox.row(bad) == (False, 2)
    daemon.wait_for_log("message_dead.*INVALID_RECORD")
