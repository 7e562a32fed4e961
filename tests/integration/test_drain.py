# SPDX-License-Identifier: Apache-2.0
"""drain publishes what is there and leaves: its exit codes, limits and dry run."""

import json
import re

import pytest

from support.observer import judge
from support.process import free_port

UNFINISHED, UNAVAILABLE = 75, 69


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_all_gone_is_0(outrider, outbox, observer, topic):
    outbox.fill(topic, 1500)
    ledger = outbox.ledger()
    ids = {entry.message_id for entry in ledger.committed}
    result = outrider.drain().expect(0)
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect(order=False)
    assert re.search(r"1[,.  ]?500", result.output), "the closing table counts the messages"


def test_an_empty_table_is_0(outrider, outbox):
    assert outrider.drain().expect(0).seconds < 5


def test_rows_that_are_dead_do_not_count(outrider, outbox, observer, topic):
    dead = outbox.insert(topic, retry_count=5)
    alive = outbox.insert(topic)
    outrider.drain().expect(0)
    assert [record.message_id for record in observer.read(topic)] == [alive]
    assert outbox.row(dead) == (False, 5)


@pytest.mark.parametrize("version", [1, 2])
def test_max_messages(outrider, outbox, observer, topic):
    outbox.fill(topic, 250)
    ledger = outbox.ledger()
    outrider.drain("--max-messages", "100").expect(UNFINISHED)
    assert observer.count(topic) == outbox.published() == 100
    outrider.drain("--max-messages", "150").expect(0)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect()


def test_rate(outrider, outbox, observer, topic):
    outbox.fill(topic, 300)
    result = outrider.drain("--rate", "100").expect(0)
    assert 1.8 <= result.seconds < 10
    assert observer.count(topic) == 300


@pytest.mark.parametrize("version", [1, 2])
def test_max_seconds(outrider, outbox, observer, topic):
    outbox.fill(topic, 2000)
    ledger = outbox.ledger()
    result = outrider.drain("--rate", "100", "--max-seconds", "2").expect(UNFINISHED)
    assert 1.5 <= result.seconds < 8
    verdict = judge(observer.read(topic), ledger, outbox.marked_ids())
    assert 0 < verdict.arrived <= 500
    assert not verdict.unmarked_but_arrived and not verdict.marked_but_absent, str(verdict)


@pytest.mark.parametrize("version", [1, 2])
def test_dry_run_says_what_would_go_where_and_touches_nothing(outrider, outbox, observer, kafka):
    orders, payments = kafka.topic_name("orders"), kafka.topic_name("payments")
    outbox.fill(orders, 30)
    outbox.fill(payments, 12)
    result = outrider.drain("--dry-run").expect(0)
    for name, count in ((orders, 30), (payments, 12)):
        line = next(line for line in result.stdout.splitlines() if name in line)
        assert re.search(rf"\b{count}\b", line)
    assert outbox.unpublished() == 42
    assert not {orders, payments} & observer.topics()


def test_dry_run_needs_no_kafka(outrider, outbox, topic):
    outbox.fill(topic, 3)
    config = {"kafka": {"bootstrap.servers": f"127.0.0.1:{free_port()}"}}
    assert topic in outrider.drain("--dry-run", config=config).expect(0).stdout


@pytest.mark.parametrize("version", [1, 2])
def test_a_locked_row_is_75_and_its_holder_is_named(outrider, outbox, connect, observer, topic):
    locked = outbox.insert(topic, aggregate="held")
    free = outbox.insert(topic, aggregate="free")
    holder = connect(autocommit=False)
    holder.execute(outbox.statement("SELECT FROM {table} WHERE {id} = %s FOR UPDATE"), (locked,))
    result = outrider.drain("--max-seconds", "2").expect(UNFINISHED)
    assert re.search(rf"\b{holder.info.backend_pid}\b", result.output)
    assert [record.message_id for record in observer.read(topic)] == [free]
    assert outbox.row(free)[0] and outbox.row(locked) == (False, 0)
    holder.rollback()
    outrider.drain().expect(0)


@pytest.mark.parametrize("version", [1, 2])
def test_a_row_that_waits_for_its_next_attempt_is_75(outrider, outbox, kafka, observer, topic):
    refused = outbox.insert(kafka.topic_name("refused"), aggregate="bad")
    good = outbox.insert(topic, aggregate="good")
    config = {"message": {"topics_allow": ["orders.*"]}, "outbox": {"retry_backoff": "1h",
                                                                    "retry_backoff_max": "1h"}}
    outrider.drain("--max-seconds", "2", config=config).expect(UNFINISHED)
    assert outbox.row(good)[0] and outbox.row(refused) == (False, 1)
    assert observer.count(topic) == 1


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("until, said", [("infinity", "for ever: next_attempt_at is infinity"),
                                         ("2999-12-31 Z", "the first until 299")])
def test_a_row_that_waits_for_long_is_told_truly(outrider, outbox, topic, until, said):
    outbox.insert(topic)
    outbox.run("UPDATE {table} SET next_attempt_at = %s", until)
    done = outrider.drain("--max-seconds", "1").expect(UNFINISHED)
    assert re.search(rf"^  waiting +1  {said}", done.stdout, re.MULTILINE), done.output
    assert outbox.unpublished() == 1


def test_back_offs_are_waited_for(outrider, outbox, kafka, topic):
    refused = outbox.insert(kafka.topic_name("refused"))
    config = {"message": {"topics_allow": ["orders.*"]},
              "outbox": {"retry_backoff": "100ms", "max_retries": 3}}
    outrider.drain("--max-seconds", "30", config=config).expect(0)
    assert outbox.row(refused) == (False, 3), "given up after three attempts, so it does not count"


def test_kafka_away_is_69(outrider, outbox, topic):
    outbox.fill(topic, 10)
    result = outrider.drain(
        "--give-up", "2s", config={"kafka": {"bootstrap.servers": f"127.0.0.1:{free_port()}"}}
    ).expect(UNAVAILABLE)
    assert 1.5 <= result.seconds < 15
    assert outbox.published() == 0 and outbox.value("SELECT max({retry_count}) FROM {table}") == 0


def test_postgresql_away_is_69(outrider):
    dsn = f"postgresql://postgres@127.0.0.1:{free_port()}/nowhere"
    result = outrider.drain("--give-up", "2s", config={"database": {"dsn": dsn}})
    assert result.expect(UNAVAILABLE).seconds < 15


def test_rows_that_come_later_are_left_for_later(outrider, outbox, observer, topic):
    outbox.slow_marks(0.1)
    outbox.fill(topic, 200)
    outbox.run("""
        CREATE FUNCTION one_more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload},
                                 {created_at})
            SELECT gen_random_uuid(), 'order', 'later', (SELECT {event_type} FROM {table} LIMIT 1), '{{}}',
                   clock_timestamp();
            RETURN NULL; END $$;
        CREATE TRIGGER one_more AFTER UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION one_more()""")
    outrider.drain("-o", "outbox.batch_size=50", "--max-seconds", "30").expect(0)
    arrived = observer.read(topic)
    assert len(arrived) == 200 and b"later" not in {record.key for record in arrived}
    assert outbox.unpublished() >= 1


@pytest.mark.parametrize("version", [1, 2])
def test_without_a_terminal_there_are_plain_lines(outrider, outbox, topic):
    outbox.fill(topic, 50)
    result = outrider.drain().expect(0)
    assert "\x1b" not in result.output and "\r" not in result.output
    for line in result.stderr.splitlines():
        if line.startswith("{"):
            json.loads(line)


@pytest.mark.parametrize("arguments", [
    ["--max-messages", "many"], ["--rate", "-1"], ["--no-such-option"], ["surplus"],
])
def test_wrong_usage_is_64(outrider, arguments):
    outrider.drain(*arguments).expect(64)


@pytest.mark.parametrize("lanes", [1, 2])
def test_a_slow_mark_is_no_other_relay(outrider, outbox, topic, lanes):
    """Its own first window lasts, and no other relay is anywhere. The second lane stands by for the first one only."""
    outbox.slow_marks(3.5)
    outbox.insert(topic)
    result = outrider.drain("-o", f"outbox.lanes={lanes}", config={"log": {"level": "info"}}).expect(0)
    assert "another relay" not in result.output, result.output
