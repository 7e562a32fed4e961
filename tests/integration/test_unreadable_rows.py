# SPDX-License-Identifier: Apache-2.0
"""A row that PostgreSQL cannot read, a change that the table refuses, and texts of megabytes: each costs itself alone in
what is reported, and its id is named."""

import json
import re

import pytest

from support import outrider as relay
from support.mangler import Mangler
from support.monitor import ANYWHERE, Monitor
from support.process import wait_until
from support.rows import bury, damage, listed

UNFINISHED = 75
AWAY = {"kafka": {"bootstrap.servers": "127.0.0.1:9"}}

pytestmark = [pytest.mark.parametrize("version", [1, 2])]


def test_a_corrupt_row_beside_one_without_an_id(outrider, outbox, version):
    bad, other = outbox.insert("orders"), outbox.insert("orders")
    damage(outbox, bad, "event_type", "repeat('0123456789', 1000)")
    outbox.run("ALTER TABLE {table} DROP CONSTRAINT outbox_messages_pkey, ALTER {id} DROP NOT NULL")
    outbox.run("UPDATE {table} SET {id} = NULL WHERE {id} = %s", other)
    told = json.loads(outrider.command("status", "--json").expect(0).stdout)
    assert [(one["topic"], one["messages"]) for one in told["topics"]] == [("(unreadable)", 1), ("orders", 1)]


def test_a_corrupt_row_costs_itself(outrider, outbox, version):
    long = "repeat('0123456789', 1000)"
    waiting = [outbox.insert("orders") for _ in range(5)]
    damage(outbox, waiting[2], "event_type", long)
    dead = [bury(outbox, version) for _ in range(6)]
    damage(outbox, dead[1], "event_type", long)
    damage(outbox, dead[4], "payload", f"jsonb_build_object('a', {long})")

    told = json.loads(outrider.command("status", "--json").expect(0).stdout)
    assert (told["messages"], told["dead"]) == (5, 6)
    assert {one["topic"]: (one["messages"], one["dead"]) for one in told["topics"]} == {
        "orders": (4, 5), "(unreadable)": (1, 1)}
    for command in (["status"], ["drain", "--dry-run"], ["dead", "retry", "--all", "--dry-run"]):
        outrider.command(*command).expect(0)
    left = outrider.drain("--max-seconds", "1", config=AWAY)
    assert re.search(r"^remaining +5$", left.stdout, re.MULTILINE) and "counting" not in left.stderr, left.output

    found = listed(outrider)
    assert set(found) == set(dead)
    assert found[dead[1]]["topic"] is None and found[dead[1]]["unreadable"].startswith("XX001")
    assert found[dead[4]]["topic"] == "orders" and found[dead[4]]["payload_bytes"] is None
    assert found[dead[0]]["topic"] == "orders" and "unreadable" not in found[dead[0]]
    assert set(listed(outrider, "--topic", "orders")) == set(dead) - {dead[1]}
    assert all(one in outrider.command("dead", "list").expect(0).stdout for one in dead)
    for one in (dead[1], dead[4]):
        assert "XX001" in outrider.command("dead", "show", one).expect(0).stdout
        assert json.loads(outrider.command("dead", "show", one, "--json").expect(0).stdout)["payload"] is None or one == dead[1]

    checked = [json.loads(line) for line in outrider.command("check", "--json", config=AWAY).stdout.splitlines()]
    bad, = [one for one in checked if one["code"] == "row-unreadable"]
    assert waiting[2] in bad["detail"] and "XX001" in bad["detail"]

    monitor = Monitor(outrider.run(config=ANYWHERE | AWAY))
    sampled = monitor.wait_for(lambda m: (m.status()["sample"] or m.status()["sample_error"]) and m.status(), 20, "a sample")
    assert sampled["sample_error"] is None and sampled["sample"]["dead"] == 6
    assert monitor.daemon.terminate() == 0

    outrider.command("dead", "discard", "--topic", "orders").expect(0)
    assert set(listed(outrider)) == {dead[1]}
    outrider.command("dead", "discard", dead[1]).expect(0)
    assert outbox.count() == 5


@pytest.mark.parametrize("command", ["retry", "discard"])
def test_a_change_that_the_table_refuses(outrider, outbox, db, version, command):
    dead = [bury(outbox, version) for _ in range(40)]
    db.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               f"IF OLD.id = '{dead[17]}' THEN RAISE 'not this one'; END IF; RETURN coalesce(NEW, OLD); END $$")
    db.execute("CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON outbox_messages FOR EACH ROW EXECUTE FUNCTION refuse()")
    done = outrider.command("dead", command, "--all").expect(UNFINISHED)
    assert f"{dead[17]} is skipped: the table refuses the change: P0001: not this one" in done.stderr
    assert re.search(r"(retried|discarded) +39", done.stdout) and re.search(r"skipped +1", done.stdout)
    assert set(listed(outrider)) == {dead[17]}
    assert sum(f'"id":"{one}"' in done.stderr for one in dead) == 39


def test_a_row_behind_many(outrider, outbox, db, version):
    """Found wherever it is: the rows are looked through by pages of 100,000, and those that wait are more than the dead."""
    bury(outbox, version)
    outbox.fill("orders", 100_003)
    last = outbox.value("SELECT {id} FROM {table} ORDER BY {created_at} DESC LIMIT 1")
    damage(outbox, last, "event_type", "repeat('0123456789', 1000)")
    told = outrider.command("drain", "--dry-run", timeout=120).expect(0).stdout
    assert re.search(r"orders +100,002\b", told) and re.search(r"\(unreadable\) +1\b", told), told


@pytest.mark.parametrize("command, n", [(("status",), 1), (("check",), 1), (("dead", "list"), 2)],
                         ids=["status", "check", "dead"])  # the dead themselves begin with their ids, too
def test_ids_are_input(outrider, outbox, db, postgres, database, version, command, n):
    """A list of ids that is none: it is named as such, and becomes no part of a statement."""
    damage(outbox, outbox.insert("orders"), "event_type", "repeat('0123456789', 1000)")
    damage(outbox, bury(outbox, version), "event_type", "repeat('0123456789', 1000)")
    proxy = Mangler(postgres.port)
    dsn = f"postgresql://postgres@127.0.0.1:{proxy.port}/{database}?sslmode=disable"
    proxy.arm(n, "null", named="id")
    result = outrider.command(*command, config=AWAY | {"database": {"dsn": dsn}}, timeout=60)
    proxy.close()
    assert proxy.fired == 1 and result.code in range(1, 128), result.output
    assert "PostgreSQL answered with NULL" in result.output, result.output


def transactions(db, database):
    """How many this database has had."""
    db.execute("SELECT pg_stat_force_next_flush()")
    count, = db.execute("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s", (database,)).fetchone()
    return count


def test_refused_rows_among_many(outrider, outbox, db, database, version):
    """What they take does not grow with the dead: neither is looked for rows that cannot be read, nor is a page begun anew
    at full size for each of them."""
    outbox.fill("orders", 3000, retry_count=5)
    if version > 1:
        outbox.run("UPDATE {table} SET dead_at = {created_at}")
    outbox.run("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (OLD.payload->>'n' IN ('1500', '2001', '2002', '2003', '2004', '2005')) EXECUTE FUNCTION refuse()""")
    before = transactions(db, database)
    done = outrider.command("dead", "retry", "--all").expect(UNFINISHED)
    assert re.search(r"retried +2,994", done.stdout) and re.search(r"skipped +6", done.stdout)
    wait_until(lambda: not db.execute("SELECT FROM pg_stat_activity WHERE application_name LIKE 'outrider%'").fetchall(),
               10, "the command's session has ended, and is counted")
    assert transactions(db, database) - before < 300


LIMITED = ("bash", "-c", 'ulimit -v 262144; exec "$@"', "limited")


def test_texts_of_megabytes(outrider, outbox, db, version):
    """In the memory of a small container, and on a page that a browser opens."""
    if relay.is_sanitized():
        pytest.skip("a sanitizer takes more address space than that by itself")
    outbox.run("INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}, {retry_count}) "
               "SELECT gen_random_uuid(), v, v, v, '{{}}', n %% 2 * 5 FROM generate_series(1, 300) AS n, "
               "repeat(md5(n::text), 31250) AS v")
    if version > 1:
        outbox.run("UPDATE {table} SET dead_at = now(), last_error = event_type, error_class = event_type WHERE {retry_count} = 5")
    for command in (["status"], ["status", "--json"], ["dead", "list"], ["dead", "list", "--json"], ["drain", "--dry-run"],
                    ["dead", "retry", "--all", "--dry-run"]):
        done = outrider.command(*command, under=LIMITED).expect(0)
        assert len(done.stdout) < 600_000, (command, len(done.stdout))
        assert max(map(len, done.stdout.splitlines())) < 3000 or command == ["status", "--json"]
    topic = json.loads(outrider.command("status", "--json").stdout)["topics"][0]
    assert len(topic["topic"]) == 252 and topic["topic"].endswith("...")
    assert bool(topic["dead"]) == bool(listed(outrider, "--topic", topic["topic"]))
    monitor = Monitor(outrider.run(config=ANYWHERE | AWAY))
    monitor.wait_for(lambda m: m.status()["sample"], 20, "a sample")
    for path in ("/status.json", "/", "/metrics"):
        assert len(monitor.get(path)) < 600_000
    assert monitor.daemon.peak_memory() < 64 << 20
    assert monitor.daemon.terminate() == 0
    outrider.command("dead", "discard", "--all").expect(0)
    assert outbox.count() == 150
