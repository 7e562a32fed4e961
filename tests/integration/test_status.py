# SPDX-License-Identifier: Apache-2.0
"""status tells the backlog, its age and the dead by topic; as a probe it answers by its exit code."""

import json
import re

import pytest

from support.process import free_port

NO, USAGE, UNAVAILABLE, CONFIGURATION = 1, 64, 69, 78


def read(outrider, *arguments, **options):
    """The JSON object, its topics by name."""
    told = json.loads(outrider.command("status", "--json", *arguments, **options).expect(0).stdout)
    told["topics"] = {topic.pop("topic"): topic for topic in told["topics"]}
    return told


@pytest.mark.parametrize("version", [1, 2])
def test_by_topic(outrider, outbox, version):
    outbox.fill("orders", 30)
    outbox.insert("payments", age=90)
    outbox.insert("payments", age=5)
    for _ in range(3):
        outbox.insert("refunds", age=1000, retry_count=5)
    if version == 2:
        outbox.run("UPDATE {table} SET dead_at = now() WHERE {retry_count} = 5")
    outbox.run("UPDATE {table} SET {published} = true WHERE {id} IN"
               " (SELECT {id} FROM {table} WHERE {event_type} = 'orders' LIMIT 10)")
    told = read(outrider)
    assert (told["table"], told["version"], told["at_least"]) == ("outbox_messages", version, False)
    assert (told["messages"], told["dead"]) == (22, 3)
    assert list(told["topics"]) == ["orders", "payments", "refunds"]
    assert (told["topics"]["payments"]["messages"], told["topics"]["payments"]["dead"]) == (2, 0)
    assert told["topics"]["refunds"] == {"messages": 0, "dead": 3, "oldest_age_ms": None}
    for age in (told["oldest_age_ms"], told["topics"]["payments"]["oldest_age_ms"]):
        assert 90_000 <= age < 150_000, "the dead have no age"
    text = outrider.command("status").expect(0).stdout
    assert re.search(r"^payments +2 +0 +1 min", text, re.MULTILINE)


@pytest.mark.parametrize("version", [1, 2])
def test_an_empty_table(outrider, outbox):
    told = read(outrider)
    assert (told["messages"], told["dead"], told["oldest_age_ms"], told["topics"]) == (0, 0, None, {})
    outrider.command("status", "--max-age", "0s").expect(0)


def test_the_probe(outrider, outbox, topic):
    outbox.insert(topic, age=60)
    outrider.command("status", "--max-age", "1h").expect(0)
    assert "10s" in outrider.command("status", "--max-age", "10s").expect(NO).stderr
    outrider.command("status", "--max-age", "10").expect(USAGE)
    outbox.run("UPDATE {table} SET {retry_count} = 5")
    outrider.command("status", "--max-age", "10s").expect(0)


@pytest.mark.parametrize("version", [1, 2])
def test_counting_stops_and_the_age_is_right(outrider, outbox):
    outbox.insert("oldest", age=7200)
    outbox.fill("many", 120_000)
    told = read(outrider)
    assert told["at_least"] and told["messages"] == 100_000
    assert 7_200_000 <= told["oldest_age_ms"] < 7_300_000
    assert "at least" in outrider.command("status").expect(0).stdout


def test_a_topic_from_a_template_may_hold_anything(outrider, outbox):
    outbox.insert("it's {id} \\ \x1b[2J \"é\"")
    template = {"message": {"topic": "a{table}'b\\\\.${event_type}.${aggregate_type}"}}
    topic = "a{table}'b\\\\.it's {id} \\ \x1b[2J \"é\".order"
    assert list(read(outrider, config=template)["topics"]) == [topic]
    assert "\x1b" not in outrider.command("status", config=template).expect(0).stdout


@pytest.mark.parametrize("created_at", ["infinity", "-infinity", "0044-03-15 BC", "294000-01-01"])
def test_times_out_of_the_ordinary(outrider, outbox, topic, created_at):
    outbox.insert(topic)
    outbox.run("UPDATE {table} SET {created_at} = %s", created_at)
    assert read(outrider)["messages"] == 1
    outrider.drain("--max-seconds", "20").expect(0)


def test_a_time_without_zone_counts_as_utc(outrider, outbox, topic):
    outbox.run("ALTER TABLE {table} ALTER COLUMN {created_at} TYPE timestamp USING now() AT TIME ZONE 'UTC',"
               " ALTER COLUMN {created_at} SET DEFAULT now() AT TIME ZONE 'UTC'")
    outbox.run("INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload})"
               " VALUES (gen_random_uuid(), 'order', 'a', %s, '{{}}')", topic)
    assert 0 <= read(outrider)["oldest_age_ms"] < 60_000
    outrider.drain("--max-seconds", "20").expect(0)


def test_no_server_no_table_no_right(outrider, outbox, connect, postgres, database):
    dsn = f"postgresql://postgres@127.0.0.1:{free_port()}/nowhere"
    outrider.command("status", config={"database": {"dsn": dsn}}).expect(UNAVAILABLE)
    result = outrider.command("status", config={"outbox": {"table": "nothing_there"}}).expect(CONFIGURATION)
    assert "nothing_there" in result.stderr
    role = f"reader_{database}"
    outbox.run(f"CREATE ROLE {role} LOGIN")
    config = {"database": {"dsn": postgres.dsn(database, user=role)}}
    assert "permission denied" in outrider.command("status", config=config).expect(77).stderr
    outbox.run(f"DROP ROLE {role}")
