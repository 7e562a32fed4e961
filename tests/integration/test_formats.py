# SPDX-License-Identifier: Apache-2.0
"""The other columns of the wire table: metadata, cloudevents, debezium, and a row's own headers."""

import datetime
import json

import pytest

from support.murmur2 import partition
from support.kafka_broker import PARTITIONS


def one(outrider, observer, topic, message):
    """Drains and returns the one record."""
    outrider.drain(config={"message": message}).expect(0)
    (record,) = observer.read(topic)
    return record


def created_at(outbox):
    return outbox.value("SELECT {created_at} FROM {table}").astimezone(datetime.timezone.utc)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("payload", ['{"b": 1, "a": "ü"}', "{}", '{"_metadata": {"old": 1}, "zzzzzzzzzzzz": 2}',
                                     '{"_metadata": "text", "a": {"_metadata": 1}}'])
def test_metadata(outrider, outbox, observer, topic, payload):
    message_id = outbox.insert(topic, payload, aggregate="a-1")
    record = one(outrider, observer, topic, {"format": "metadata"})
    pairs = json.loads(record.value, object_pairs_hook=list)
    assert pairs[-1][0] == "_metadata" and [name for name, _ in pairs].count("_metadata") == 1
    stamp = created_at(outbox)
    assert dict(pairs[-1][1]) == {
        "messageId": message_id, "aggregateType": "order", "aggregateId": "a-1",
        "timestamp": stamp.strftime("%Y-%m-%dT%H:%M:%S.") + f"{stamp.microsecond // 1000:03}Z",
    }
    rest = {name: value for name, value in json.loads(record.value).items() if name != "_metadata"}
    assert rest == {name: value for name, value in json.loads(payload).items() if name != "_metadata"}
    assert record.header("event-type") == topic


@pytest.mark.parametrize("payload", ["[1]", '"text"', "null", "1"])
def test_metadata_needs_an_object(outrider, outbox, observer, topic, payload):
    outbox.insert(topic, payload, aggregate="bad")
    good = outbox.insert(topic, aggregate="good")
    outrider.drain("--max-seconds", "10", config={
        "message": {"format": "metadata"}, "outbox": {"retry_backoff": "50ms", "max_retries": 2}}).expect(0)
    assert [record.message_id for record in observer.read(topic)] == [good]
    assert outbox.given_up(2) == 1


@pytest.mark.parametrize("version", [1, 2])
def test_cloudevents(outrider, outbox, observer, topic):
    message_id = outbox.insert(topic, '{"n": 1}', aggregate="a-1")
    record = one(outrider, observer, topic, {"format": "cloudevents", "headers": "cloudevents"})
    headers = {name: value.decode() for name, value in record.headers}
    stamp = datetime.datetime.fromisoformat(headers.pop("ce_time"))
    assert abs(stamp - created_at(outbox)) < datetime.timedelta(milliseconds=1)
    assert headers.pop("ce_source")
    assert headers.pop("content-type").startswith("application/json")
    assert headers == {"ce_id": message_id, "ce_type": topic, "ce_subject": "a-1", "ce_specversion": "1.0"}
    assert record.value == b'{"n": 1}' and record.key == b"a-1"


@pytest.mark.parametrize("version", [1, 2])
def test_debezium(outrider, outbox, observer, topic):
    message_id = outbox.insert(topic, '{"n": 1}', aggregate="a-1")
    record = one(outrider, observer, topic, {"headers": "debezium"})
    assert record.header("id") == message_id and record.key == b"a-1"
    assert record.value == b'{"n": 1}'


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("headers", ["native", "debezium"])
def test_a_rows_own_headers(outrider, outbox, observer, topic, headers):
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    message_id = outbox.insert(topic, aggregate="a-1")
    outbox.run("UPDATE {table} SET headers = %s", json.dumps(
        {"traceparent": trace, "tenant": "Zoë", "message-id": "forged", "id": "forged"}))
    record = one(outrider, observer, topic, {"headers": headers})
    assert record.header("traceparent") == trace and record.header("tenant") == "Zoë"
    own = "message-id" if headers == "native" else "id"
    assert [value for name, value in record.headers if name == own] == [message_id.encode()]


@pytest.mark.parametrize("version", [2])
def test_a_rows_headers_say_nothing_for_outrider(outrider, outbox, observer, topic):
    """A row may say of itself another event type than its column; which attempt it is says outrider alone."""
    outbox.insert(topic)
    outbox.run("UPDATE {table} SET headers = %s", json.dumps({"event-type": "mine", "relay-attempt": "9"}))
    record = one(outrider, observer, topic, {})
    names = [name for name, _ in record.headers]
    assert names.count("event-type") == 1 and record.header("event-type") == "mine"
    assert "relay-attempt" not in names


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("name", ["x\nforged: 1", "", "x\r", "x\u0085"])
def test_a_headers_name_with_a_line_feed(outrider, outbox, observer, kafka, name):
    """It costs its own row, and its copy in the dead topic does not carry it on."""
    topic, dead = kafka.topic_name("orders"), kafka.topic_name("dead")
    bad = outbox.insert(topic, aggregate="bad")
    outbox.run("UPDATE {table} SET headers = %s", json.dumps({name: "1", "tenant": "a"}))
    good = outbox.insert(topic, aggregate="good")
    outrider.drain(config={"outbox": {"dead_topic": dead}}).expect(0)
    assert [record.message_id for record in observer.read(topic)] == [good]
    copy, = observer.read(dead)
    assert copy.message_id == bad and copy.header("dead-code") == "HEADERS"
    assert "control character" in copy.header("dead-error")
    assert copy.header("tenant") == "a" and name not in [name for name, _ in copy.headers]
    assert outbox.given_up() == 1


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("key", ["aggregate_id", "aggregate_type", "event_type", "id"])
def test_key(outrider, outbox, observer, topic, key):
    message_id = outbox.insert(topic, aggregate="a-1")
    record = one(outrider, observer, topic, {"key": key})
    expected = {"aggregate_id": "a-1", "aggregate_type": "order", "event_type": topic, "id": message_id}[key]
    assert record.key == expected.encode()
    assert record.partition == partition(record.key, PARTITIONS)


def test_topic_template(outrider, outbox, observer, kafka):
    name = kafka.topic_name("order")
    _, suffix = name.split(".")
    outbox.insert(suffix, aggregate_type="order")
    one(outrider, observer, name, {"topic": "${aggregate_type}.${event_type}"})


def test_topics_allow(outrider, outbox, observer, kafka):
    allowed, refused = kafka.topic_name("allowed"), kafka.topic_name("refused")
    bad = outbox.insert(refused, aggregate="bad")
    outbox.insert(allowed, aggregate="good")
    outrider.drain("--max-seconds", "20", config={
        "message": {"topics_allow": ["allowed.*", "other"]},
        "outbox": {"retry_backoff": "50ms", "max_retries": 2}}).expect(0)
    assert observer.count(allowed) == 1 and refused not in observer.topics()
    assert outbox.row(bad) == (False, 2)
