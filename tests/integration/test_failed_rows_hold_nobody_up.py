# SPDX-License-Identifier: Apache-2.0
"""10,000 failed rows at the head of the queue do not hold up the rest."""

import pytest

FAILED, GOOD = 10_000, 500

BAD_TOPIC = "bad topic!"


def good_rows_arrive(outrider, outbox, observer, topic, config=None):
    """Starts the relay on a table with the failed rows and 500 good ones behind them."""
    outbox.fill(topic, GOOD, prefix="good")
    daemon = outrider.run(config=config)
    daemon.wait_until(lambda: outbox.published() == GOOD, 20, lambda: f"{outbox.published()} of {GOOD}")
    late = outbox.insert(topic, aggregate="late")
    daemon.wait_until(lambda: outbox.row(late)[0], 5, "a row that came later")
    assert observer.count(topic) == GOOD + 1
    return daemon


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_exhausted_rows(outrider, outbox, observer, topic):
    outbox.fill(topic, FAILED, prefix="bad", retry_count=5, minutes_ago=10)
    good_rows_arrive(outrider, outbox, observer, topic)
    assert outbox.value("SELECT count(*) FROM {table} WHERE {retry_count} = 5") == FAILED


@pytest.mark.parametrize("ordering", ["key", "none"])
def test_rows_exhausted_before_version_2_came(outrider, outbox, observer, topic):
    outbox.fill(topic, FAILED, prefix="bad", retry_count=5, minutes_ago=10)
    outrider.command("schema", "apply", "--to", "2").expect(0)
    good_rows_arrive(outrider, outbox, observer, topic)
    assert outbox.given_up() == FAILED


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_rows_that_can_never_be_sent(outrider, outbox, observer, topic):
    outbox.fill(BAD_TOPIC, FAILED, prefix="bad", aggregates=FAILED, minutes_ago=10)
    daemon = good_rows_arrive(outrider, outbox, observer, topic)
    daemon.wait_until(lambda: outbox.given_up() == FAILED, 30, "each of them is given up")


@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 4)])
def test_rows_that_wait_for_their_next_attempt(outrider, outbox, kafka, observer, topic):
    outbox.fill(kafka.topic_name("refused"), FAILED, prefix="bad", aggregates=FAILED, minutes_ago=10)
    good_rows_arrive(outrider, outbox, observer, topic, config={
        "message": {"topics_allow": ["orders.*"]},
        "outbox": {"retry_backoff": "1h", "retry_backoff_max": "1h"},
    })
    assert outbox.value("SELECT max({retry_count}) FROM {table}") == 1


@pytest.mark.parametrize("version", [1, 2])
def test_a_row_that_is_too_large(outrider, outbox, observer, topic):
    large = outbox.insert(topic, '{"t": "' + "x" * 2_000_000 + '"}', aggregate="large", age=60)
    daemon = good_rows_arrive(outrider, outbox, observer, topic)
    daemon.wait_until(lambda: outbox.given_up() == 1, 10, "it is given up: no attempt can heal it")
    assert not outbox.row(large)[0]


@pytest.mark.parametrize("version", [1, 2])
def test_a_row_that_the_broker_rejects(outrider, outbox, kafka, observer, topic):
    small = kafka.create_topic(kafka.topic_name("small"), max_message_bytes=2000)
    rejected = outbox.insert(small, '{"t": "' + "x" * 5000 + '"}', aggregate="large", age=60)
    daemon = good_rows_arrive(outrider, outbox, observer, topic, config={
        "outbox": {"retry_backoff": "100ms", "max_retries": 2}})
    daemon.wait_until(lambda: outbox.given_up(2) == 1, 20, "it is given up")
    assert outbox.value("SELECT max({retry_count}) FROM {table} WHERE {event_type} = %s", topic) == 0
    assert not outbox.row(rejected)[0] and observer.count(small) == 0
