# SPDX-License-Identifier: Apache-2.0
"""The examples do what they are there to show: a row and its event in one transaction, and a consumer
that applies each message once however often it is delivered."""

import os
import re
import subprocess
import sys

import pytest

from support import outrider as relay
from support import process
from support.kafka_broker import TOP

ORDER_SERVICE = os.path.join(TOP, "examples", "order-service", "order_service.py")
CONSUMER = os.path.join(TOP, "examples", "consumer", "consumer.py")
# The consumer ends without a word where its work is committed and its offsets are not.
CRASHES_BEFORE_ITS_OFFSETS = """
import os, runpy, sys, kafka
kafka.KafkaConsumer.commit = lambda *_: os._exit(9)
runpy.run_path(sys.argv[1], run_name="__main__")
"""
ORDERS = 40


@pytest.fixture
def version():
    return 2


@pytest.fixture
def start(tmp_path, postgres, database):
    """Starts a Python program beside the test; its output goes to the file it is returned with."""
    children = []

    def spawn(*arguments, **env):
        log = tmp_path / f"example-{len(children)}.log"
        with open(log, "wb") as out:
            children.append(process.spawn(
                [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT,
                env=relay.environment({"DATABASE_DSN": postgres.dsn(database)} | env)))
        return children[-1], log

    yield spawn
    for child in children:
        process.stop(child)


@pytest.fixture
def ordered(outrider, outbox, kafka, start):
    """So many orders are in Kafka; returns what a consumer of them is to be told."""
    topic = kafka.create_topic(kafka.topic_name("order.placed"))
    suffix = topic.removeprefix("order.placed")
    outrider.config = relay.merge(outrider.config, {"message": {"topic": "${event_type}" + suffix}})
    service, log = start(ORDER_SERVICE, ORDERS=str(ORDERS), ORDERS_PER_SECOND="0")
    assert service.wait(30) == 0, log.read_text()
    assert outbox.count() == 3 * ORDERS
    outrider.drain().expect(0)
    return {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "TOPICS": topic, "CONSUMER": topic}


def sums(log):
    """(applied, dropped) by what a consumer has said."""
    lines = re.findall(r": (\d+) messages applied, (\d+) copies dropped", log.read_text())
    return sum(int(line[0]) for line in lines), sum(int(line[1]) for line in lines)


def wait_for(child, log, applied, dropped):
    process.wait_until(lambda: sums(log) == (applied, dropped) or child.poll() is not None, 30,
                       lambda: f"{applied} applied, {dropped} dropped:\n{log.read_text()}")
    assert child.poll() is None, log.read_text()


def assert_each_counted_once(db):
    by_customer = "SELECT customer, count(*), sum(cents) FROM orders GROUP BY customer ORDER BY customer"
    assert db.execute("SELECT customer, orders, cents FROM sales ORDER BY customer").fetchall() == \
        db.execute(by_customer).fetchall()


def test_everything_delivered_twice_is_applied_once(db, outrider, outbox, ordered, start):
    consumer, log = start(CONSUMER, **ordered)
    wait_for(consumer, log, ORDERS, 0)
    outbox.run("UPDATE {table} SET {published} = false")
    outrider.drain().expect(0)
    wait_for(consumer, log, ORDERS, ORDERS)
    assert process.stop(consumer) == 0, log.read_text()
    assert_each_counted_once(db)


def test_a_crash_between_work_and_offsets_applies_nothing_twice(db, ordered, start):
    consumer, log = start("-c", CRASHES_BEFORE_ITS_OFFSETS, CONSUMER, **ordered)
    assert consumer.wait(30) == 9, log.read_text()
    applied = db.execute("SELECT count(*) FROM inbox_messages").fetchone()[0]
    assert 0 < applied <= ORDERS and sums(log) == (0, 0)
    consumer, log = start(CONSUMER, **ordered)
    wait_for(consumer, log, ORDERS - applied, applied)
    assert_each_counted_once(db)


def test_a_killed_order_service_leaves_no_order_without_its_events(db, outbox, start):
    service, _ = start(ORDER_SERVICE, ORDERS_PER_SECOND="0")
    process.wait_until(lambda: outbox.count() > 100, 30, "orders")
    service.kill()
    service.wait(10)
    process.wait_until(lambda: not db.execute(
        "SELECT FROM pg_stat_activity WHERE application_name = 'order-service'").fetchall(),
        10, "its connection is gone")
    assert db.execute("SELECT sum(version) FROM orders").fetchone()[0] == outbox.count()
