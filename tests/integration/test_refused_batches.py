# SPDX-License-Identifier: Apache-2.0
"""A broker refuses a batch as a whole; only the message that is meant is blamed for it."""

import pytest

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
