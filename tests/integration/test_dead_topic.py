# SPDX-License-Identifier: Apache-2.0
"""A dead message is copied to outbox.dead_topic, with the reason, before its row is dead."""

import random

import pytest

from support import outrider as relay


@pytest.fixture
def graveyard(outrider, kafka):
    topic = kafka.create_topic(kafka.topic_name("graveyard"))
    outrider.config = relay.merge(outrider.config, {
        "outbox": {"dead_topic": topic, "topic_retry": "200ms", "retry_backoff": "200ms",
                   "retry_backoff_max": "500ms", "window_deadline": "2s"},
        "kafka": {"request.timeout.ms": 1000, "topic.metadata.propagation.max.ms": 500}})
    return topic


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_dead_message_is_copied(outrider, outbox, observer, topic, graveyard):
    good = outbox.insert(topic)
    impossible = outbox.insert("bad topic!", '{"n": 1}', aggregate="a-1")
    large = outbox.insert(topic, '{"t": "%s"}' % ("x" * 1_200_000), aggregate="a-2")
    outrider.drain().expect(0)
    assert outbox.given_up() == 2
    assert [record.message_id for record in observer.read(topic)] == [good]
    copies = {record.message_id: record for record in observer.read(graveyard)}
    assert set(copies) == {impossible, large}
    one = copies[impossible]
    assert (one.key, one.value) == (b"a-1", b'{"n": 1}')
    assert one.header("dead-topic") == "bad topic!"
    assert one.header("dead-code") == "TOPIC_NAME"
    assert one.header("dead-attempts") == "1"
    assert one.header("aggregate-id") == "a-1"
    assert one.header("dead-error") and one.header("dead-at").endswith("Z")
    other = copies[large]
    assert (other.key, other.value) == (b"a-2", None)
    assert other.header("dead-code") == "TOO_LARGE"
    assert int(other.header("dead-payload-bytes")) > 1_200_000


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_row_that_the_broker_rejects_first_of_all(outrider, outbox, observer, kafka, topic, graveyard):
    """After a start rows are marked before they are sent; what is rejected then is copied and dead all the same."""
    narrow = kafka.create_topic(kafka.topic_name("narrow"), **{"max.message.bytes": "20000"})
    rejected = outbox.insert(narrow, '{"t": "%s"}' % random.Random(1).randbytes(50_000).hex(), aggregate="a-1")
    good = outbox.insert(topic, aggregate="b-1")
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.given_up() == 1 and observer.count(topic) == 1, 20, "both ends")
    assert daemon.terminate() == 0
    assert [record.message_id for record in observer.read(graveyard)] == [rejected]
    assert [record.message_id for record in observer.read(topic)] == [good]
    assert "window_failed" not in daemon.text()


# The dead topic's broker side refuses: the row waits for its copy, and no attempt is counted for that.
@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 4)])
def test_a_row_is_not_dead_without_its_copy(outrider, outbox, observer, kafka, topic, graveyard):
    missing = graveyard.replace("graveyard.", "graveyard_")  # the broker makes no topic that differs in a dot only
    outbox.insert("bad topic!", aggregate="a-1")
    good = [outbox.insert(topic, aggregate=f"b-{n}") for n in range(3)]
    daemon = outrider.run(config={"outbox": {"dead_topic": missing}})
    daemon.wait_for_log('topic_blocked.*' + missing)
    daemon.wait_until(lambda: all(outbox.row(one)[0] for one in good), 10, "the good rows")
    assert outbox.given_up() == 0
    assert outbox.value("SELECT max({retry_count}) FROM {table}") == 0
    assert daemon.terminate() == 0
    outrider.drain().expect(0)
    assert outbox.given_up() == 1
    assert observer.count(graveyard) == 1


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("version", [2])
def test_a_row_that_waits_for_a_missing_dead_topic_holds_its_aggregate(outrider, outbox, observer, kafka, topic,
                                                                       graveyard):
    """The broker refuses it at each try; it is neither delivered nor dead, so its aggregate's later rows wait, and no
    others. When its topic takes it, they all arrive in order."""
    missing = graveyard.replace("graveyard.", "graveyard_")
    narrow = kafka.create_topic(kafka.topic_name("narrow"), **{"max.message.bytes": "20000"})
    rejected = outbox.insert(narrow, '{"t": "%s"}' % random.Random(1).randbytes(50_000).hex(), aggregate="a-1")
    tries = set()

    def tried_often():
        tries.add(outbox.value("SELECT next_attempt_at FROM {table} WHERE {id} = %s", rejected))
        return len(tries) > 5

    daemon = outrider.run(config={"outbox": {"dead_topic": missing},
                                  "kafka": {"topic.metadata.propagation.max.ms": 30000}})  # librdkafka's own
    daemon.wait_for_log(f"topic_blocked.*{missing}.*UNKNOWN_TOPIC_OR_PART.*outbox.dead_topic, and row {rejected} waits")
    later = [outbox.insert(narrow, aggregate="a-1") for _ in range(3)]
    good = outbox.insert(narrow, aggregate="b-1")
    daemon.wait_until(tried_often, 30, "tries of the row")
    daemon.wait_until(lambda: outbox.row(good)[0], 10, "the other aggregate's row")
    assert outbox.given_up() == 0 and not any(outbox.row(one)[0] for one in later)
    kafka.alter_topic(narrow, **{"max.message.bytes": "1000000"})
    daemon.wait_until(lambda: outbox.published() == 5, 20, "all of them")
    arrived = [record.message_id for record in observer.read(narrow) if record.key == b"a-1"]
    assert arrived == [rejected, *later]
    assert "_PURGE_QUEUE" not in daemon.text() and "window_failed" not in daemon.text()
