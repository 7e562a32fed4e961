# SPDX-License-Identifier: Apache-2.0
"""On a calm day every committed row arrives once, as the wire table says, and no other row does."""

import datetime

import pytest

from support.kafka_broker import PARTITIONS
from support.murmur2 import partition
from support.observer import judge

KEYS = ["a-1", "21", "foobar", "a-little-bit-long-string", "a-little-bit-longer-string", "abc",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "Zoë", "注文-1", "🚀", " ", "x" * 1000]


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_calm_day(outrider, outbox, writers, settled, observer, topic, on_published):
    daemon = outrider.run()
    ledger = writers(threads=4, transactions=80).join()
    settled(daemon)
    records = observer.read(topic)
    ids = {entry.message_id for entry in ledger.committed}
    judge(records, ledger, outbox.marked_ids(ids)).assert_perfect(order=False)
    payloads = outbox.texts()
    for record in records:
        assert record.partition == partition(record.key, PARTITIONS)
        if on_published == "mark":
            assert record.value == payloads[record.message_id][1].encode()
    if on_published == "delete":
        assert outbox.count() == 0
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version", [1, 2])
def test_topic_key_partition_headers_and_bytes(outrider, outbox, observer, topic):
    sent = {
        outbox.insert(topic, f'{{"n": {n}, "price": 12.50, "text": "a  b\\n"}}', aggregate=key)
        for n, key in enumerate(KEYS)
    }
    expected = {row[0]: row[1:] for row in outbox.run(
        "SELECT {id}::text, {aggregate_id}, {payload}::text, {created_at} FROM {table}")}
    outrider.drain().expect(0)
    records = observer.read(topic)
    assert {record.message_id for record in records} == sent
    for record in records:
        key, payload, created_at = expected[record.message_id]
        assert record.key == key.encode()
        assert record.partition == partition(key.encode(), PARTITIONS)
        assert record.value == payload.encode()
        headers = {name: value.decode() for name, value in record.headers}
        assert len(headers) == len(record.headers), "a header was sent twice"
        stamp = datetime.datetime.fromisoformat(headers.pop("created-at"))
        assert stamp.utcoffset() == datetime.timedelta(0)
        assert abs(stamp - created_at) < datetime.timedelta(milliseconds=1)
        assert headers == {
            "message-id": record.message_id, "event-type": topic, "aggregate-type": "order",
            "aggregate-id": key,
        }


@pytest.mark.parametrize("version", [1, 2])
def test_rolled_back_rows_never_arrive(outrider, outbox, connect, observer, topic):
    daemon = outrider.run()
    with connect(autocommit=False) as undone:
        ghosts = {outbox.insert(topic, connection=undone) for _ in range(20)}
        before = outbox.insert(topic, aggregate="a-2")
        daemon.wait_until(lambda: outbox.row(before)[0], 10, "the row beside the open transaction")
        undone.rollback()
    after = outbox.insert(topic)
    daemon.wait_until(lambda: outbox.row(after)[0], 10, "the row after the rollback")
    arrived = {record.message_id for record in observer.read(topic)}
    assert arrived == {before, after} and not arrived & ghosts


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_row_that_commits_late_is_not_passed_over(outrider, outbox, connect, observer, topic):
    daemon = outrider.run()
    with connect(autocommit=False) as slow:
        late = outbox.insert(topic, aggregate="late", connection=slow)
        for n in range(30):
            last = outbox.insert(topic, aggregate=f"quick-{n}")
        daemon.wait_until(lambda: outbox.row(last)[0], 10, "the rows behind the open transaction")
        slow.commit()
    daemon.wait_until(lambda: outbox.row(late)[0], 5, "the row that committed late")
    assert len(observer.read(topic)) == 31


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_rows_of_one_instant_are_all_sent(outrider, outbox, settled, observer, topic):
    outbox.fill(topic, 1500)
    outbox.run("UPDATE {table} SET {created_at} = '2026-01-01'")
    ledger = outbox.ledger()
    daemon = outrider.run("-o", "outbox.batch_size=100")
    settled(daemon)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect(order=False)


@pytest.mark.parametrize("ordering", ["key", "none"])
def test_topics_that_the_broker_makes_on_first_use(outrider, outbox, kafka, observer):
    names = [kafka.topic_name("new") for _ in range(5)]
    for n in range(50):
        outbox.insert(names[n % 5], aggregate=f"a-{n % 7}")
    ledger = outbox.ledger()
    outrider.drain().expect(0)
    records = observer.read(*names)
    judge(records, ledger, outbox.marked_ids()).assert_perfect(order=False)
    assert all(record.partition == partition(record.key, PARTITIONS) for record in records)


@pytest.mark.parametrize("version", [1, 2])
def test_an_empty_key_goes_where_java_puts_it(outrider, outbox, observer, topic):
    outbox.insert(topic, aggregate="")
    outrider.drain().expect(0)
    (record,) = observer.read(topic)
    assert record.key == b"" and record.partition == partition(b"", PARTITIONS)


@pytest.mark.parametrize("version", [1, 2])
def test_odd_settings_of_the_server_change_nothing(outrider, outbox, database, observer, topic):
    for setting in ("timezone = 'Pacific/Marquesas'", "datestyle = 'German'", "bytea_output = 'escape'",
                    "default_transaction_isolation = 'serializable'", "intervalstyle = 'sql_standard'",
                    "enable_indexscan = off", "extra_float_digits = 0"):
        outbox.connection.execute(f"ALTER DATABASE {database} SET {setting}")
    message_id = outbox.insert(topic, '{"n": 1.10}')
    created_at = outbox.value("SELECT {created_at} FROM {table}")
    outrider.drain().expect(0)
    (record,) = observer.read(topic)
    assert record.message_id == message_id and record.value == b'{"n": 1.10}'
    stamp = datetime.datetime.fromisoformat(record.header("created-at"))
    assert abs(stamp - created_at) < datetime.timedelta(milliseconds=1)
