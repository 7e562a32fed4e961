# SPDX-License-Identifier: Apache-2.0
"""status tells the backlog, its age and the dead by topic; as a probe it answers by its exit code."""

import json
import re
import signal
import socket
import threading

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


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("created_at", ["infinity", "-infinity"])
def test_what_has_no_finite_time_has_no_age(outrider, outbox, created_at):
    for topic, age in (("both", 0), ("both", 90), ("none", 0)):
        outbox.insert(topic, age=age)
    outbox.run("UPDATE {table} SET {created_at} = %s WHERE {created_at} > now() - interval '1 minute'", created_at)
    told = read(outrider)
    assert told["messages"] == 3 and told["topics"]["none"] == {"messages": 1, "dead": 0, "oldest_age_ms": None}
    for age in (told["oldest_age_ms"], told["topics"]["both"]["oldest_age_ms"]):
        assert 90_000 <= age < 150_000
    assert re.search(r"^none +1 +0 +-$", outrider.command("status").expect(0).stdout, re.MULTILINE)
    outbox.run("DELETE FROM {table} WHERE {event_type} = 'both'")
    assert read(outrider)["oldest_age_ms"] is None
    outrider.command("status", "--max-age", "0s").expect(0)


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


def test_what_the_relay_says_of_itself(outrider, outbox, kafka, topic):
    """What stands nowhere in the table: that it is paused, and which topics it finds blocked."""
    listen = f"127.0.0.1:{free_port()}"
    config = {"http": {"listen": listen}, "outbox": {"topic_retry": "1m"},
              "kafka": {"allow.auto.create.topics": False}}

    def told():
        return outrider.command("status", config=config).expect(0).stdout.splitlines()[-1]

    assert told() == f"no relay answers at {listen}"
    daemon = outrider.run(config=config)
    well = f"relay at {listen}: All is well: nothing waits. (counted "
    daemon.wait_until(lambda: told().startswith(well), 20, "a word from the relay")
    missing = kafka.topic_name("missing")
    outbox.insert(missing)
    daemon.wait_until(lambda: f" (1 topic blocked: {missing}; counted " in told(), 20, "the blocked topic")
    daemon.child.send_signal(signal.SIGUSR1)
    daemon.wait_until(lambda: told().startswith(f"relay at {listen}: Paused. "), 20, "the pause")
    assert daemon.terminate() == 0
    config["http"]["listen"] = None
    assert told().startswith("all ")


def test_who_answers_there_is_no_relay(outrider, outbox):
    """A program that talks something else, and one that says nothing."""
    for said in (b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + 9000 * b"x", b"HTTP/1.1 404 Not Found\r\n\r\nno", None):
        with socket.create_server(("127.0.0.1", 0)) as server:
            listen = f"127.0.0.1:{server.getsockname()[1]}"

            def serve(said=said, server=server):
                client, _ = server.accept()
                with client:
                    client.recv(100)
                    if said is None:
                        client.recv(100)  # until it gives up
                    else:
                        client.sendall(said)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            result = outrider.command("status", config={"http": {"listen": listen}}).expect(0)
            thread.join(10)
            assert result.stdout.splitlines()[-1] == f"no relay answers at {listen}", said
    assert outbox.count() == 0


def test_no_server_no_table_no_right(outrider, outbox, make_role, postgres, database):
    dsn = f"postgresql://postgres@127.0.0.1:{free_port()}/nowhere"
    outrider.command("status", config={"database": {"dsn": dsn}}).expect(UNAVAILABLE)
    result = outrider.command("status", config={"outbox": {"table": "nothing_there"}}).expect(CONFIGURATION)
    assert "nothing_there" in result.stderr
    config = {"database": {"dsn": postgres.dsn(database, user=make_role("reader"))}}
    assert "permission denied" in outrider.command("status", config=config).expect(77).stderr
