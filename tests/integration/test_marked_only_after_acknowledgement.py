# SPDX-License-Identifier: Apache-2.0
"""A row is marked only after Kafka acknowledged it, and an outage is never counted against a row."""

import pytest

from support.forwarder import Forwarder
from support.observer import judge
from support.process import free_port

AWAY = "kafka|broker"


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("ordering", ["key", "none"])
def test_nothing_is_marked_while_kafka_was_never_there(
    outrider, outbox, settled, observer, kafka, topic
):
    outbox.fill(topic, 50)
    ledger = outbox.ledger()
    port = free_port()
    daemon = outrider.run(config={"kafka": {"bootstrap.servers": f"127.0.0.1:{port}"}})
    daemon.wait_until(lambda: daemon.warned_of(AWAY), 20, "a word about Kafka being away")
    assert outbox.unpublished() == outbox.count() == 50
    assert outbox.value("SELECT max({retry_count}) FROM {table}") == 0
    door = Forwarder(port, kafka.port)
    try:
        settled(daemon)
    finally:
        door.close()
    ids = {entry.message_id for entry in ledger.committed}
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect(order=False)
    if outbox.count():
        assert outbox.value("SELECT max({retry_count}) FROM {table}") == 0


@pytest.mark.parametrize("version", [1, 2])
def test_kafka_goes_and_comes_back(outrider, outbox, writers, settled, observer, kafka, topic, version):
    # A short window_deadline only so that the relay gives up its window, and says so, soon.
    daemon = outrider.run(config={"outbox": {"batch_size": 50, "window_deadline": "5s"},
                                  "kafka": {"request.timeout.ms": 3000}})
    load = writers(threads=2, transactions=600, hold_ms=5)
    daemon.wait_until(lambda: outbox.published() > 100, 20, "rows on their way")
    kafka.kill()
    try:
        noted = load.committed()
        daemon.wait_until(lambda: load.committed() > noted + 100, 20, "rows written in the outage")
        during = outbox.insert(topic, '{"version": 0}', aggregate="in-the-outage")
        daemon.wait_until(lambda: daemon.warned_of(AWAY), 40, "a word about Kafka being away")
        assert not outbox.row(during)[0]
        assert outbox.value("SELECT max({retry_count}) FROM {table}") == 0
    finally:
        assert kafka.resume()
    ledger = load.join()
    settled(daemon)
    ids = {entry.message_id for entry in ledger.committed}
    records = [record for record in observer.read(topic) if record.message_id != during]
    verdict = judge(records, ledger, outbox.marked_ids(ids))
    verdict.assert_nothing_lost()
    assert not verdict.unmarked_but_arrived
    if version > 1:
        assert not verdict.order_violations, str(verdict)
    assert outbox.value("SELECT max({retry_count}) FROM {table}") == 0
    assert daemon.terminate() == 0


def test_postgresql_cuts_the_connection(outrider, outbox, writers, settled, observer, db, topic):
    daemon = outrider.run("-o", "outbox.batch_size=20")
    load = writers(threads=2, transactions=300)
    for _ in range(5):
        before = outbox.published()
        daemon.wait_until(lambda: outbox.published() > before + 20, 20, "rows on their way")
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                   "WHERE application_name = 'outrider' AND datname = current_database()")
    ledger = load.join()
    settled(daemon)
    verdict = judge(observer.read(topic), ledger, outbox.marked_ids())
    verdict.assert_nothing_lost()
    assert not verdict.unmarked_but_arrived
    assert outbox.value("SELECT max({retry_count}) FROM {table}") == 0
