# SPDX-License-Identifier: Apache-2.0
"""A topic that cannot be written stops its own rows and nobody else's, costs no row an attempt, and goes on by itself
when it is mended."""

import re

import pytest

from support import kafka_broker, outrider as relay
from support.observer import Observer, judge
from support.process import wait_until


BY_HAND = "auto.create.topics.enable=false\n"  # no topic is made by a mere question for it


@pytest.fixture(scope="module")
def kafka(base_dir):
    with kafka_broker.running(base_dir, lambda path: kafka_broker.Kafka(path, settings=BY_HAND)) as broker:
        yield broker


@pytest.fixture(scope="module")
def observer(kafka):
    return Observer(kafka.bootstrap)


@pytest.fixture
def topic(kafka):
    """A topic that the first broker alone can serve."""
    return kafka.create_topic(kafka.topic_name(), brokers=(1,))


@pytest.fixture
def hasty(outrider):
    """A relay that does not let a test wait."""
    outrider.config = relay.merge(outrider.config, {
        "outbox": {"topic_retry": "500ms", "window_deadline": "3s"},
        "kafka": {"request.timeout.ms": 2000, "topic.metadata.propagation.max.ms": 1000},
    })
    return outrider


def mixed(outbox, blocked, free, rows=200):
    """Rows of both topics, in turns, each aggregate in both."""
    for n in range(rows):
        outbox.insert(blocked if n % 2 else free, f'{{"n": {n}}}', aggregate=f"a-{n // 2 % 5}")
    return outbox.ledger()


def by_topic(outbox, topic):
    return outbox.value("SELECT count(*) FROM {table} WHERE {event_type} = %s AND {published}", topic)


def untouched(outbox):
    """No attempt was counted against anybody."""
    return outbox.value("SELECT coalesce(max({retry_count}), 0) FROM {table}") == 0


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 4)])
def test_a_missing_topic(hasty, outbox, observer, kafka, topic, settled, ordering, version, supervisor):
    missing = kafka.topic_name("missing")
    ledger = mixed(outbox, missing, topic)
    daemon = hasty.run(env=supervisor.env)
    daemon.wait_until(lambda: by_topic(outbox, topic) == 100, 20, "the other topic's rows")
    daemon.wait_for_log("topic_blocked")
    wait_until(lambda: supervisor.wait_for("STATUS=").endswith(f" published; 1 topic blocked: {missing}"), 10,
               "a status line that names the topic")
    late = outbox.insert(topic, aggregate="late")
    daemon.wait_until(lambda: outbox.row(late)[0], 3, "a row that came while it was blocked")
    assert by_topic(outbox, missing) == 0
    assert untouched(outbox)
    kafka.create_topic(missing, brokers=(1,))
    settled(daemon, timeout=15)
    daemon.wait_for_log("topic_released")
    wait_until(lambda: supervisor.wait_for("STATUS=").endswith(" 201 published"), 10, "a status line without it")
    assert untouched(outbox)
    records = [record for record in observer.read(topic, missing) if record.message_id != late]
    judge(records, ledger, outbox.marked_ids() - {late}).assert_perfect(order=ordering == "key")
    assert "window_failed" not in daemon.text()


@pytest.fixture
def second(base_dir, kafka):
    """Another broker of the cluster."""
    with kafka_broker.running(
            base_dir, lambda path: kafka_broker.Kafka(path, settings=BY_HAND, joins=kafka)) as broker:
        yield broker


def stops_and_goes_on(hasty, outbox, observer, topic, settled, second, broken):
    """The broker that `broken` needs dies, and comes back: only that topic's rows wait for it."""
    ledger = mixed(outbox, broken, topic)
    second.kill()
    daemon = hasty.run()
    daemon.wait_until(lambda: by_topic(outbox, topic) == 100, 30, "the other topic's rows")
    daemon.wait_for_log("topic_blocked", 20)
    for n in range(3):
        late = outbox.insert(topic, aggregate=f"late-{n}")
        daemon.wait_until(lambda: outbox.row(late)[0], 10, "a row that came while it was blocked")
    assert by_topic(outbox, broken) == 0
    assert untouched(outbox)
    assert second.resume()
    settled(daemon, timeout=30)
    assert untouched(outbox)
    verdict = judge([record for record in observer.read(topic, broken)
                     if not record.key.startswith(b"late")], ledger,
                    outbox.marked_ids() & {entry.message_id for entry in ledger.committed})
    verdict.assert_nothing_lost()
    assert not verdict.order_violations, str(verdict)
    assert not verdict.unmarked_but_arrived, str(verdict)


# librdkafka goes on trying both without a word, so it is the relay's own deadline that finds out.
@pytest.mark.parametrize("version", [2])
def test_too_few_replicas(hasty, outbox, observer, kafka, topic, settled, second, version):
    broken = kafka.create_topic(kafka.topic_name("replicated"), brokers=(1, 2),
                                min_insync_replicas=2)
    stops_and_goes_on(hasty, outbox, observer, topic, settled, second, broken)


@pytest.mark.parametrize("version", [2])
def test_no_leader(hasty, outbox, observer, kafka, topic, settled, second, version):
    broken = kafka.create_topic(kafka.topic_name("led"), brokers=(2,))
    stops_and_goes_on(hasty, outbox, observer, topic, settled, second, broken)


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_drain_says_which(hasty, outbox, kafka, topic):
    missing = kafka.topic_name("missing")
    mixed(outbox, missing, topic)
    result = hasty.drain("--give-up", "3s").expect(75)
    assert re.search(f"topic blocked +100  {missing}", result.stdout), result.output
    assert by_topic(outbox, topic) == 100
    assert untouched(outbox)


# Whatever the template makes of a row, PostgreSQL leaves out the same topics as outrider means.
@pytest.mark.parametrize("version", [1, 2])
def test_a_topic_by_template(hasty, outbox, observer, kafka, settled, version):
    kind = f"v{version}"
    kafka.create_topic(f"{kind}.placed.x", brokers=(1,))
    for n in range(20):
        outbox.insert("placed" if n % 2 else "gone", aggregate=f"a-{n}", aggregate_type=kind)
    daemon = hasty.run(config={"message": {"topic": "${aggregate_type}.${event_type}.x"}})
    daemon.wait_until(lambda: by_topic(outbox, "placed") == 10, 20, "the other topic's rows")
    daemon.wait_for_log(f'topic_blocked.*"{kind}.gone.x"')
    assert by_topic(outbox, "gone") == 0
    kafka.create_topic(f"{kind}.gone.x", brokers=(1,))
    settled(daemon, timeout=15)
    assert observer.count(f"{kind}.placed.x", f"{kind}.gone.x") == 20
