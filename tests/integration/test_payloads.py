# SPDX-License-Identifier: Apache-2.0
"""Payloads arrive byte for byte, whatever the column's type: empty, 900 kB, non-ASCII, NULL."""

import pytest

ALL_BYTES = bytes(range(256))
CASES = {
    "jsonb": ("jsonb NOT NULL", ['{"name": "Zoë", "city": "東京", "icon": "🚀", "nul": "a\\\\u0001"}',
                                 "[]", '"text"', "12.50", "null"]),
    "json": ("json NOT NULL", ['{"b" : 1,  "a":2,\n"b":3 }', " 1 "]),
    "text": ("text NOT NULL", ["", " ", "not json {", "Zoë 東京 🚀", "line\r\nline\t", "\\x41 \\000"]),
    "bytea": ("bytea NOT NULL", [b"", b"\0", ALL_BYTES, b"\\x41", "Zoë".encode()]),
}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("kind", CASES)
def test_bytes(outrider, make_outbox, observer, topic, kind):
    column, payloads = CASES[kind]
    outbox = make_outbox(payload=column)
    expected = {}
    for n, payload in enumerate(payloads):
        message_id = outbox.insert(topic, payload, aggregate=f"a-{n}")
        printed = payload if isinstance(payload, bytes) else outbox.value(
            "SELECT {payload}::text FROM {table} WHERE {id} = %s", message_id).encode()
        expected[message_id] = printed
    outrider.drain().expect(0)
    assert {record.message_id: record.value for record in observer.read(topic)} == expected


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("column", ["jsonb NOT NULL", "text NOT NULL", "bytea NOT NULL"])
def test_900_kb(outrider, make_outbox, observer, topic, column):
    outbox = make_outbox(payload=column)
    body = '{"t": "' + "é" * 449_000 + '"}'
    payload = body.encode() if column.startswith("bytea") else body
    for n in range(6):
        outbox.insert(topic, payload, aggregate=f"a-{n}")
    outrider.drain().expect(0)
    records = observer.read(topic)
    assert len(records) == 6 and {record.value for record in records} == {body.encode()}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("column", ["jsonb", "text", "bytea"])
def test_null_is_a_tombstone(outrider, make_outbox, observer, topic, column):
    outbox = make_outbox(payload=column)
    tombstone = outbox.insert(topic, None, aggregate="gone")
    outbox.insert(topic, "1", aggregate="there")
    outrider.drain().expect(0)
    values = {record.message_id: record.value for record in observer.read(topic)}
    assert len(values) == 2 and values[tombstone] is None


@pytest.mark.parametrize("version", [1, 2])
def test_non_ascii_everywhere(outrider, outbox, observer, topic):
    outbox.insert(topic, aggregate="注文-Zoë", aggregate_type="Bestellung/größe")
    outrider.drain().expect(0)
    (record,) = observer.read(topic)
    assert record.key == "注文-Zoë".encode()
    assert record.header("aggregate-id") == "注文-Zoë"
    assert record.header("aggregate-type") == "Bestellung/größe"
