# SPDX-License-Identifier: Apache-2.0
"""Names are told apart by their bytes, as Kafka does, though the table's columns have a collation that holds A and a for
equal; and no text of a row makes a question about topics fail."""

import json
import re

import pytest

from support import kafka_broker, outrider as relay
from support.observer import Observer
from support.outbox import Outbox
from support.rows import listed

BY_HAND = "auto.create.topics.enable=false\n"  # no topic is made by a mere question for it
CASELESS = "CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
ACCENTLESS = "CREATE COLLATION accentless (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
COLUMNS = "ALTER TABLE outbox_messages ALTER aggregate_type TYPE text COLLATE accentless, " \
          "ALTER aggregate_id TYPE text COLLATE caseless, ALTER event_type TYPE text COLLATE caseless, " \
          "ADD last_error text COLLATE caseless, ADD error_class text COLLATE caseless"


@pytest.fixture(scope="module")
def kafka(base_dir):
    with kafka_broker.running(base_dir, lambda path: kafka_broker.Kafka(path, settings=BY_HAND)) as broker:
        yield broker


@pytest.fixture(scope="module")
def observer(kafka):
    return Observer(kafka.bootstrap)


@pytest.fixture
def version():
    return 2


@pytest.fixture
def outbox(db, make_outbox):
    """A table whose names have collations that ignore case; the columns of version 2 that hold texts are adopted."""
    db.execute(CASELESS)
    db.execute(ACCENTLESS)
    Outbox(db).create()
    db.execute(COLUMNS)
    return make_outbox(create=False)


@pytest.fixture
def hasty(outrider):
    outrider.config = relay.merge(outrider.config, {
        "outbox": {"topic_retry": "500ms", "window_deadline": "3s"},
        "kafka": {"request.timeout.ms": 2000, "topic.metadata.propagation.max.ms": 1000},
    })
    return outrider


@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 4)])
def test_a_missing_topic_does_not_block_its_namesake(hasty, outbox, topic):
    outbox.fill(topic.upper(), 5)
    outbox.fill(topic, 5, prefix="b")
    daemon = hasty.run()
    daemon.wait_for_log("topic_blocked")
    daemon.wait_until(lambda: outbox.published() == 5, 30, "the topic's own rows")
    late = outbox.insert(topic, aggregate="c")
    daemon.wait_until(lambda: outbox.row(late)[0], 30, "a row behind the block")
    assert outbox.value("SELECT count(*) FROM {table} WHERE {published} AND {event_type} COLLATE \"C\" <> %s", topic) == 0
    told = hasty.command("drain", "--max-seconds", "4", timeout=60)
    assert re.search(r"topic blocked +5 ", told.stdout), told.output


@pytest.mark.parametrize("slots", [1, 4])
def test_a_row_that_waits_holds_back_its_own_aggregate(outrider, outbox, topic, slots, settled):
    outbox.insert(topic, aggregate="Ab")
    outbox.run("UPDATE {table} SET next_attempt_at = now() + interval '1 hour', retry_count = 1")
    follower, namesake = outbox.insert(topic, aggregate="Ab"), outbox.insert(topic, aggregate="aB")
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.row(namesake)[0], 30, "the namesake's row")
    assert not outbox.row(follower)[0]
    outbox.insert("no-topic-of-anybody", aggregate="aB")
    told = outrider.command("drain", "--max-seconds", "2")
    assert re.search(r"held back +1 ", told.stdout), told.output
    assert daemon.terminate() == 0
    outbox.run("DELETE FROM {table} WHERE {event_type} = 'no-topic-of-anybody'")
    outbox.run("UPDATE {table} SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    settled(outrider.run())


@pytest.mark.parametrize("version", [1, 2])
def test_dead_letters_of_one_name(outrider, outbox, version):
    ids = {}
    for aggregate, topic in (("Ab", "Orders"), ("aB", "Orders"), ("aB", "orders")):
        ids[aggregate, topic] = outbox.insert(topic, aggregate=aggregate, retry_count=5)
    if version > 1:
        outbox.run("UPDATE {table} SET dead_at = now(), error_class = 'message', last_error = "
                   "CASE WHEN {event_type} COLLATE \"C\" = 'orders' THEN 'too large' ELSE 'Too Large' END")
        assert set(listed(outrider, "--error", "Large")) == {ids["Ab", "Orders"], ids["aB", "Orders"]}
        assert set(listed(outrider, "--error", "MESSAGE")) == set()
    assert set(listed(outrider, "--topic", "orders")) == {ids["aB", "orders"]}
    assert set(listed(outrider, "--aggregate", "ab")) == set()
    outrider.command("dead", "discard", "--aggregate", "aB", "--topic", "Orders").expect(0)
    assert set(listed(outrider, "--all")) == {ids["Ab", "Orders"], ids["aB", "orders"]}
    outrider.command("dead", "discard", "--aggregate", "aB").expect(0)
    assert set(listed(outrider, "--all")) == {ids["Ab", "Orders"]}


@pytest.mark.parametrize("version", [1, 2])
def test_the_backlog_by_topic(outrider, outbox, version):
    outrider.config = relay.merge(outrider.config, {"message": {"topic": "${aggregate_type}.${event_type}"}})
    for kind, event in (("Order", "made"), ("order", "made"), ("order", "Made"), ("order", "made")):
        outbox.insert(event, aggregate_type=kind)
    told = json.loads(outrider.command("status", "--json").stdout)
    assert {one["topic"]: one["messages"] for one in told["topics"]} == {
        "Order.made": 1, "order.Made": 1, "order.made": 2}
    outbox.run("UPDATE {table} SET retry_count = 5")
    if version > 1:
        outbox.run("UPDATE {table} SET dead_at = now(), error_class = 'message', last_error = {event_type}")
    told = json.loads(outrider.command("status", "--json").stdout)
    assert {one["topic"]: one["dead"] for one in told["topics"]} == {"Order.made": 1, "order.Made": 1, "order.made": 2}


@pytest.mark.parametrize("version", [1, 2])
def test_texts_that_make_no_text_together(outrider, db, make_outbox, version, topic):
    """Each part of the topic is a text, and all in one are more than PostgreSQL can hold, which is 1 GB."""
    Outbox(db).create()
    outbox = make_outbox(create=False)
    outrider.config = relay.merge(outrider.config, {"message": {"topic": ".".join(["${event_type}"] * 6)}})
    outbox.run("INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}) "
               "SELECT gen_random_uuid(), 'order', 'a', repeat('e', 200000000), '{{}}'")
    told = json.loads(outrider.command("status", "--json", timeout=120).stdout)
    assert [(set(one["topic"]), one["messages"], one["dead"]) for one in told["topics"]] == [({"e", "."}, 1, 0)]
    outbox.run("UPDATE {table} SET {retry_count} = 5")
    if version > 1:
        outbox.run("UPDATE {table} SET dead_at = now(), error_class = 'message', last_error = 'no'")
    told = json.loads(outrider.command("status", "--json", timeout=120).stdout)
    assert [(set(one["topic"]), one["messages"], one["dead"]) for one in told["topics"]] == [({"e", "."}, 0, 1)]
