# SPDX-License-Identifier: Apache-2.0
"""docs/migrate-from-debezium.md, carried out as it is written while writers write: from a real Debezium to
outrider, back, and over again. An observer of its own says what arrived."""

import re

import pytest

from support.kafka_broker import PARTITIONS
from support.murmur2 import partition
from support.observer import judge
from support.outbox import Outbox
from support.process import wait_until
from support.writer import Writers

CONFIGURATION = "Topic, key, partition, value, headers"
COLUMNS = {"aggregate_type": "aggregatetype", "aggregate_id": "aggregateid", "event_type": "type"}
ROWS = 3  # of a writer's transaction, at most


@pytest.fixture
def id_is_last():
    return False


@pytest.fixture
def outbox(db, guide, id_is_last):
    """The guide's table."""
    made = guide.example()
    if id_is_last:
        made = made.replace("    id            uuid PRIMARY KEY,\n", "").replace("jsonb\n", "jsonb,\n    id uuid PRIMARY KEY\n")
    db.execute(made)
    return Outbox(db, "outbox", COLUMNS)


@pytest.fixture
def writing(postgres, database, outbox, connector, aggregate_type, topic):
    """Writers, from when the connector reads the log: what came before its slot is nobody's."""
    connector.start()
    insert = "INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload) " \
             f"SELECT id, '{aggregate_type}', key, 'changed', payload " \
             "FROM (VALUES (%s::uuid, %s, %s, %s, %s::jsonb)) AS v (id, type, key, topic, payload)"
    writers = Writers(lambda: postgres.connect(database), outbox, topic, threads=2, transactions=100_000,
                      rows=ROWS, hold_ms=20, insert=insert).start()
    yield writers
    writers.stop()
    writers.join()


@pytest.fixture
def arrive(observer, topic, connect_worker):
    """Waits until so many more records have arrived than now."""

    def wait(more):
        wanted = observer.count(topic) + more
        wait_until(lambda: observer.count(topic) >= wanted, 60, connect_worker.tail_of_log, every=0.1)

    return wait


def by_debezium(records):
    return [one for one in records if one.header("__debezium.context.taskId")]


def handed_over(guide):
    """The count of step 3's UPDATE: the guide's bound for copies."""
    return int(re.findall(r"^UPDATE (\d+)$", "".join(guide.said), re.M)[-1])


def finish(writing, outbox, guide):
    """The writers end, outrider sends the rest and ends; the ledger."""
    writing.stop()
    ledger = writing.join()
    wait_until(lambda: outbox.unpublished() == 0, 60, "all rows published")
    guide.services["outrider"][1]()
    return ledger


def assert_as_promised(records, ledger, outbox):
    verdict = judge(records, ledger, outbox.marked_ids({one.message_id for one in ledger.committed}))
    verdict.assert_nothing_lost()
    assert not verdict.order_violations and not verdict.unmarked_but_arrived, str(verdict)
    for record in records:
        assert record.partition == partition(record.key, PARTITIONS)
    return verdict


def test_over_and_back_and_over(guide, connector, outbox, writing, arrive, observer, topic, db):
    arrive(200)
    guide.follow(CONFIGURATION)
    assert "version  2 of 2" in guide.follow("Step 2: the columns")
    arrive(100)
    guide.follow("Step 3: cut over")
    first = handed_over(guide)
    arrive(300)
    guide.follow("Step 4: back, if need be")
    connector.wait_until_it_reads()
    arrive(300)
    guide.follow("Step 3: cut over")
    second = handed_over(guide)
    arrive(300)
    ledger = finish(writing, outbox, guide)
    guide.follow("Step 5: tidy up")

    records = observer.read(topic)
    verdict = assert_as_promised(records, ledger, outbox)
    assert outbox.count() == 0
    assert len(verdict.duplicates) <= min(first + second, 2 * ROWS), str(verdict)
    assert len(by_debezium(records)) >= 600 and len(records) - len(by_debezium(records)) >= 600
    assert db.execute("SELECT count(*) FROM pg_replication_slots").fetchone() == (0,)


@pytest.mark.parametrize("id_is_last", [False, True])
def test_over_after_a_crash(guide, connector, outbox, writing, arrive, observer, topic, id_is_last):
    """Nothing of what Debezium has sent since it last committed its offsets is confirmed."""
    guide.follow(CONFIGURATION)
    guide.follow("Step 2: the columns")
    arrive(300)
    connector.kill()
    # There is no connector any more that could be stopped.
    _, (language, hand_over), *rest = guide.sections["Step 3: cut over"]
    if id_is_last:
        (_, other_view), = guide.sections["When `id` is not the first column"]
        view = re.search(r"^CREATE TEMPORARY VIEW .*?;\n", hand_over, re.M | re.S)[0]
        hand_over = hand_over.replace(view, other_view)
    guide.sections["Step 3, its rest"] = [(language, hand_over), *rest]
    guide.follow("Step 3, its rest")
    arrive(300)
    ledger = finish(writing, outbox, guide)
    verdict = assert_as_promised(observer.read(topic), ledger, outbox)
    assert 0 < len(verdict.duplicates) <= handed_over(guide), str(verdict)


def test_rows_that_are_deleted_already(guide, connector, outbox, db, observer, topic, aggregate_type):
    """An application that still deletes at once is found out before anything has changed."""
    connector.start()
    guide.follow(CONFIGURATION)
    guide.follow("Step 2: the columns")
    stop, hand_over, *_ = guide.sections["Step 3: cut over"]
    guide.sections["Stop"], guide.sections["Hand over"] = [stop], [hand_over]
    guide.follow("Stop")
    with db.transaction():
        db.execute("INSERT INTO outbox (id, aggregatetype, aggregateid, type, payload) "
                   "VALUES (gen_random_uuid(), %s, 'a', 'changed', '{}')", (aggregate_type,))
        db.execute("DELETE FROM outbox")
    with pytest.raises(AssertionError, match="not confirmed are deleted already"):
        guide.follow("Hand over")
    assert db.execute("SELECT column_default FROM information_schema.columns WHERE table_name = 'outbox' "
                      "AND column_name = 'published'").fetchone() == ("true",)
    connector.worker.ask("PUT", "/connectors/outbox/resume")
    wait_until(lambda: observer.count(topic) == 1, 60, connector.worker.tail_of_log, every=0.1)
    assert outbox.unpublished() == 0
