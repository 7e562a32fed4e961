# SPDX-License-Identifier: Apache-2.0
"""The harness itself: a relay of twenty lines is judged right, and each thing it can do wrong is found."""

import psycopg
import pytest
from kafka import KafkaProducer

from support.murmur2 import murmur2, partition
from support.observer import judge
from support.outbox import Outbox
from support.outrider import to_yaml
from support.pgbouncer import program
from support.writer import Writers

# Kafka's own: org.apache.kafka.common.utils.UtilsTest.testMurmur2.
MURMUR2 = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("data, expected", MURMUR2.items())
def test_murmur2_is_javas(data, expected):
    assert murmur2(data) == expected


def test_yaml_is_what_a_person_writes():
    text = to_yaml({
        "outbox": {"table": '"Odd Schema"."Out""box"', "columns": {}, "batch_size": 10},
        "message": {"topics_allow": ["*"]},
        "stop_timeout": "8s",
    })
    assert text == (
        'outbox:\n  table: "\\"Odd Schema\\".\\"Out\\"\\"box\\""\n  columns: {}\n  batch_size: 10\n'
        'message:\n  topics_allow: ["*"]\nstop_timeout: "8s"\n'
    )


class NaiveRelay:
    """Reads the table once in commit order (one writer: created_at), sends, marks."""

    def __init__(self, outbox, broker):
        self.outbox = outbox
        self.producer = KafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
        self.rows = outbox.run(
            "SELECT {id}::text, {event_type}, {aggregate_id}, {payload}::text FROM {table} "
            "ORDER BY {created_at}, ({payload}->>'version')::int"
        ).fetchall()

    def send(self, row, key=None):
        message_id, topic, aggregate, payload = row
        self.producer.send(topic, key=(key or aggregate).encode(), value=payload.encode(),
                           headers=[("message-id", message_id.encode())]).get(timeout=10)

    def mark(self, row):
        self.outbox.run("UPDATE {table} SET {published} = true WHERE {id} = %s", row[0])


@pytest.fixture
def table(db):
    return Outbox(db).create()


@pytest.fixture
def written(table, connect, topic):
    """One writer's ledger; some of its transactions rolled back."""
    return Writers(connect, table, topic, threads=1, transactions=30, aggregates=3,
                   rollback=0.2).start().join()


def relay_all_but(table, kafka, sabotage=None):
    """Relays the table; `sabotage(relay, rows)` gets its last three rows of one aggregate."""
    naive = NaiveRelay(table, kafka)
    chosen = [row for row in naive.rows if row[2] == naive.rows[-1][2]][-3:] if sabotage else []
    for row in naive.rows:
        if row not in chosen:
            naive.send(row)
            naive.mark(row)
    if sabotage:
        sabotage(naive, chosen)
    naive.producer.close()


def verdict(table, observer, ledger):
    return judge(observer.read(*ledger.topics), ledger, table.marked_ids())


def test_a_correct_relay_is_judged_perfect(table, kafka, observer, written):
    assert written.rolled_back, "the seed must roll something back"
    assert len(written.committed) == table.count()
    relay_all_but(table, kafka)
    found = verdict(table, observer, written)
    found.assert_perfect()
    assert found.sent == found.arrived == len(written.committed)


def test_python_client_partitions_as_java_does(table, kafka, observer, written):
    relay_all_but(table, kafka)
    for record in observer.read(*written.topics):
        assert record.partition == partition(record.key, 6)


def test_the_judge_finds_a_lost_row(table, kafka, observer, written):
    def lose(naive, rows):
        naive.send(rows[0])
        naive.mark(rows[0])
        naive.send(rows[2])
        naive.mark(rows[2])

    relay_all_but(table, kafka, lose)
    found = verdict(table, observer, written)
    assert len(found.lost) == 1 and not found.marked_but_absent
    with pytest.raises(AssertionError, match="lost 1"):
        found.assert_nothing_lost()


def test_the_judge_finds_a_row_marked_but_absent(table, kafka, observer, written):
    def mark_only(naive, rows):
        naive.mark(rows[0])
        for row in rows[1:]:
            naive.send(row)
            naive.mark(row)

    relay_all_but(table, kafka, mark_only)
    found = verdict(table, observer, written)
    assert len(found.lost) == len(found.marked_but_absent) == 1


def test_the_judge_finds_a_duplicate_and_forgives_its_order(table, kafka, observer, written):
    def repeat(naive, rows):
        for row in rows + rows[:1]:
            naive.send(row)
            naive.mark(row)

    relay_all_but(table, kafka, repeat)
    found = verdict(table, observer, written)
    assert len(found.duplicates) == 1 and not found.order_violations
    found.assert_nothing_lost()
    with pytest.raises(AssertionError, match="duplicates 1"):
        found.assert_perfect()


def test_the_judge_finds_an_order_violation(table, kafka, observer, written):
    def reverse(naive, rows):
        for row in (rows[0], rows[2], rows[1]):
            naive.send(row)
            naive.mark(row)

    relay_all_but(table, kafka, reverse)
    found = verdict(table, observer, written)
    assert len(found.order_violations) == 1
    with pytest.raises(AssertionError, match="order violations 1"):
        found.assert_perfect()


def test_the_judge_finds_a_published_row_that_is_not_marked(table, kafka, observer, written):
    def forget(naive, rows):
        for row in rows:
            naive.send(row)
        naive.mark(rows[0])

    relay_all_but(table, kafka, forget)
    assert len(verdict(table, observer, written).unmarked_but_arrived) == 2


def test_the_judge_finds_a_row_that_was_rolled_back(table, kafka, observer, written):
    ghost = written.rolled_back[0]

    def publish_ghost(naive, rows):
        for row in rows:
            naive.send(row)
            naive.mark(row)
        naive.send((ghost.message_id, ghost.topic, ghost.key, ghost.payload))

    relay_all_but(table, kafka, publish_ghost)
    found = verdict(table, observer, written)
    assert found.phantoms == [ghost.message_id]


def test_the_judge_finds_a_wrong_key(table, kafka, observer, written):
    def wrong_key(naive, rows):
        for row in rows:
            naive.send(row, key="other")
            naive.mark(row)

    relay_all_but(table, kafka, wrong_key)
    assert len(verdict(table, observer, written).misplaced) == 3


def test_deleted_rows_count_as_published(table, kafka, observer, written):
    relay_all_but(table, kafka)
    table.run("DELETE FROM {table}")
    ids = {entry.message_id for entry in written.committed}
    judge(observer.read(*written.topics), written, table.marked_ids(ids)).assert_perfect()


def test_four_writers_keep_each_aggregates_order(table, connect, topic):
    ledger = Writers(connect, table, topic, threads=4, transactions=50).start().join()
    places = {}
    for entry in sorted(ledger.committed, key=lambda e: (e.key, e.place)):
        places.setdefault(entry.key, []).append(entry.place)
    for aggregate, seen in places.items():
        assert len(set(seen)) == len(seen), f"{aggregate} has a version twice"
    assert table.count() == len(ledger.committed)


def test_an_absent_topic_is_empty_and_stays_absent(observer, kafka):
    name = kafka.topic_name("nobody")
    assert observer.read(name) == [] and observer.count(name) == 0
    assert name not in observer.topics()


def test_the_broker_outlives_a_kill_with_what_it_acknowledged(table, kafka, observer, written):
    relay_all_but(table, kafka)
    kafka.kill()
    assert kafka.resume()
    verdict(table, observer, written).assert_perfect()


@pytest.mark.skipif(program() is None, reason="PgBouncer is absent")
def test_the_pooler_shares_connections(pgbouncer, database):
    clients = [psycopg.connect(pgbouncer.dsn(database), autocommit=True, prepare_threshold=None)
               for _ in range(8)]
    pids = set()
    for client in clients * 2:
        pids.add(client.execute("SELECT pg_backend_pid()").fetchone()[0])
    for client in clients:
        client.close()
    assert 1 <= len(pids) <= pgbouncer.pool_size
