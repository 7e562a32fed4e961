# SPDX-License-Identifier: Apache-2.0
"""docs/migrate-from-naive.md, carried out as it is written while writers write: over to outrider, back, and
over again. An observer of its own says what arrived."""

import collections
import os
import signal
import subprocess
import sys

import pytest

from support import guide as guides
from support import outrider as relay
from support import process
from support import schema as tables
from support.kafka_broker import PARTITIONS, TOP
from support.murmur2 import partition
from support.observer import judge
from support.outbox import Outbox
from support.process import wait_until
from support.writer import Writers

TIME_ONLY = "A time only: `published_at`"
BOOLEAN = "A boolean: `published`"
# created_at as an application's own clock has it: in the order of each aggregate, as it holds its lock.
SHAPES = {
    TIME_ONLY: {
        "table": "outbox", "columns": {"event_type": "topic", "aggregate_id": "key"},
        "insert": "INSERT INTO outbox (id, key, topic, payload, created_at) SELECT id, key, topic, payload, "
                  "clock_timestamp() FROM (VALUES (%s::uuid, %s, %s, %s, %s::jsonb)) AS v (id, type, key, topic, payload)",
        "select": "SELECT id, topic, key, payload FROM outbox WHERE published_at IS NULL ORDER BY created_at LIMIT 100",
        "mark": "UPDATE outbox SET published_at = now() WHERE id = %s",
    },
    BOOLEAN: {
        "table": '"OutboxMessages"', "columns": tables.SEQUELIZE_COLUMNS,
        "insert": 'INSERT INTO "OutboxMessages" (id, "aggregateType", "aggregateId", "eventType", payload, '
                  '"createdAt", "updatedAt") VALUES (%s, %s, %s, %s, %s, clock_timestamp(), clock_timestamp())',
        "select": 'SELECT id, "eventType", "aggregateId", payload FROM "OutboxMessages" WHERE published = false '
                  'ORDER BY "createdAt" LIMIT 100',
        "mark": 'UPDATE "OutboxMessages" SET published = true, "publishedAt" = now() WHERE id = %s',
    },
}


class Publisher:
    """The service's own loop; `stop_by` is how it is ended."""

    def __init__(self, log, environment):
        self.log, self.environment = log, environment
        self.stop_by = signal.SIGTERM
        self.child = None

    def start(self):
        with open(self.log, "ab") as out:
            self.child = process.spawn(
                [sys.executable, os.path.join(TOP, "tests", "support", "naive.py")],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=relay.environment(self.environment))

    def stop(self):
        assert self.child.poll() is None, self.log.read_text()
        status = process.stop(self.child, self.stop_by)
        assert status == (0 if self.stop_by == signal.SIGTERM else -self.stop_by)


@pytest.fixture
def shape():
    return TIME_ONLY


@pytest.fixture
def outbox(db, guide, shape):
    """The service's table, as it was before anybody thought of outrider."""
    db.execute(guide.example() if shape == TIME_ONLY else tables.SEQUELIZE)
    return Outbox(db, SHAPES[shape]["table"], SHAPES[shape]["columns"])


@pytest.fixture
def publisher(tmp_path, postgres, database, kafka, shape):
    one = Publisher(tmp_path / "publisher.log", {
        "DATABASE_DSN": postgres.dsn(database), "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "SELECT": SHAPES[shape]["select"], "MARK": SHAPES[shape]["mark"]})
    yield one
    if one.child:
        process.stop(one.child)


@pytest.fixture
def guide(tmp_path, postgres, database, kafka, outrider, publisher):
    services = {"publisher": (publisher.start, publisher.stop)}
    walk = guides.Guide("migrate-from-naive.md", str(tmp_path), {
        "OUTRIDER_DATABASE_DSN": postgres.dsn(database), "OUTRIDER_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "PGUSER": "postgres", "PGDATABASE": database,
    }, services)
    services["outrider"] = guides.relay_service(walk, outrider)
    return walk


@pytest.fixture
def writing(connect, outbox, topic, shape):
    writers = Writers(connect, outbox, topic, threads=2, transactions=100_000, hold_ms=20,
                      insert=SHAPES[shape]["insert"]).start()
    yield writers
    writers.stop()
    writers.join()


def by(records):
    """(the loop's records, outrider's): only the latter say of what type the event is."""
    return ([one for one in records if one.header("event-type") is None],
            [one for one in records if one.header("event-type") is not None])


def wait_for_records(observer, topic, more):
    """Until so many more have arrived than now."""
    wanted = observer.count(topic) + more
    wait_until(lambda: observer.count(topic) >= wanted, 60, f"{more} more messages", every=0.1)


@pytest.mark.parametrize("shape", SHAPES)
def test_over_and_back_and_over(guide, shape, outbox, publisher, writing, observer, topic):
    publisher.start()
    wait_for_records(observer, topic, 200)
    guide.follow(shape)
    assert topic in guide.follow("Step 2: version 2, beside the loop")
    assert "version  2 of 2" in guide.said[-1]
    wait_for_records(observer, topic, 100)
    guide.follow("Step 3: cut over")
    wait_for_records(observer, topic, 300)
    guide.follow("Step 4: back, if need be")
    wait_for_records(observer, topic, 200)
    records = observer.read(topic)
    assert len({one.message_id for one in records}) == len(records), "a clean stop makes no copies"
    before = [len(some) for some in by(records)]
    assert min(before) >= 300

    publisher.stop_by = signal.SIGKILL
    guide.follow("Step 3: cut over")
    wait_for_records(observer, topic, 300)
    writing.stop()
    ledger = writing.join()
    wait_until(lambda: outbox.unpublished() == 0, 60, "all rows published")
    if shape == TIME_ONLY:
        guide.follow("Step 5: tidy up")
    guide.services["outrider"][1]()

    records = observer.read(topic)
    verdict = judge(records, ledger, outbox.marked_ids())
    verdict.assert_nothing_lost()
    assert not verdict.order_violations and not verdict.unmarked_but_arrived, str(verdict)
    assert len(verdict.duplicates) <= 1, str(verdict)
    assert len(by(records)[1]) >= before[1] + 300
    values = outbox.texts()
    for record in records:
        assert record.partition == partition(record.key, PARTITIONS)
        assert record.value == values[record.message_id][1].encode()


def test_both_at_once(guide, outbox, publisher, writing, observer, topic):
    publisher.start()
    guide.follow(TIME_ONLY)
    guide.follow("Step 2: version 2, beside the loop")
    guide.services["outrider"][0]()
    wait_for_records(observer, topic, 1000)
    publisher.stop()
    writing.stop()
    ledger = writing.join()
    wait_until(lambda: outbox.unpublished() == 0, 60, "all rows published")
    guide.services["outrider"][1]()
    records = observer.read(topic)
    verdict = judge(records, ledger, outbox.marked_ids())
    verdict.assert_nothing_lost()
    assert not verdict.order_violations and not verdict.unmarked_but_arrived, str(verdict)
    assert max(collections.Counter(one.message_id for one in records).values()) <= 2
    assert all(by(records))


def test_a_number_as_id(guide, db, outrider, observer, topic):
    db.execute(guide.example().replace("uuid PRIMARY KEY DEFAULT gen_random_uuid()", "bigserial PRIMARY KEY"))

    def insert(numbers):
        for number in numbers:
            db.execute("INSERT INTO outbox (topic, key, payload) VALUES (%s, 'a', to_jsonb(%s::int))", (topic, number))

    insert(range(1, 11))
    db.execute("UPDATE outbox SET published_at = now() WHERE id <= 5")
    guide.follow("A number as `id`")
    guide.follow(TIME_ONLY)
    insert(range(11, 16))
    columns = {"event_type": "topic", "aggregate_id": "key", "id": "message_id"}
    outrider.config = relay.merge(outrider.config, {"outbox": {"table": "outbox", "columns": columns}})
    outrider.command("schema", "apply").expect(0)
    outrider.drain().expect(0)
    records = observer.read(topic)
    assert [one.value for one in records] == [str(n).encode() for n in range(6, 16)]
    ids = db.execute("SELECT message_id::text FROM outbox WHERE message_id IS NOT NULL ORDER BY id").fetchall()
    assert [one.message_id for one in records] == [row[0] for row in ids]
