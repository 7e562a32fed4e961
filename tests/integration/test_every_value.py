# SPDX-License-Identifier: Apache-2.0
"""Every type that a column may have, and of each type its extreme legal values: a dead row and a waiting one go
through all that is reported of them. No command fails, none prints more than what a list cuts. Then a relay sends what it
can and gives up the rest, and the rows can be deleted.

The types are src/store/column_type.c's own; a type that is added there has to have its values here.
"""

import json
import os
import re

import pytest

from support.kafka_broker import TOP
from support.monitor import ANYWHERE, Monitor
from support.rows import HUGE

BOUND = 100_000  # bytes that a list of these few rows may print
AWAY = "127.0.0.1:9"  # nothing is sent
COLUMNS = ["id", "aggregate_type", "aggregate_id", "event_type", "payload", "published", "published_at", "retry_count",
           "created_at", "seq", "headers", "next_attempt_at", "last_error", "error_class", "dead_at"]
SINCE_2 = COLUMNS[9:]
OTHERWISE_IN_1 = ("published", "retry_count", "created_at")  # version 1 reads these in other words
USUAL = {"id": "uuid", "aggregate_type": "text", "aggregate_id": "text", "event_type": "text", "payload": "jsonb",
         "published": "boolean", "published_at": "timestamptz", "retry_count": "integer", "created_at": "timestamptz"}
# Of a column of any type:
ANY = ["text", "character varying", "integer", "jsonb", "bytea", "timestamp with time zone"]

LARGE = "repeat('x', 1000000)"
TEXTS = ["''", "'plain'", LARGE, "E'\\x01\\x1b[31m\\n\\t\"\\\\'", "U&'\\202E\\2028\\FEFF'", "repeat('é', 100000)", "NULL"]
TIMES = ["'infinity'", "'-infinity'", "'294276-12-31 23:59:59.999999'", "'4713-11-24 00:00:00 BC'", "'1970-01-01'",
         "'9999-12-31 23:59:59.9999999'", "NULL"]
OBJECTS = ["'{}'", "'{\"t\":\"a\"}'", "'null'", "'[]'", "'\"s\"'", "'0'", "NULL"]
RAW = OBJECTS + [r"""'{"t":"\u0000"}'""", r"""'{"t":"\ud800"}'""", r"""'{"t":1e999999}'""", "'{\"a\":1,\"a\":\n2}'"]
VALUES = {
    "uuid": ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"],
    "boolean": ["false", "NULL"],
    "smallint": ["0", "-32768", "32767", "NULL"],
    "integer": ["0", "-2147483648", "2147483647", "NULL"],
    "bigint": ["0", "-9223372036854775808", "9223372036854775807", "2147483648", "3000000000", "NULL"],
    "text": TEXTS,
    "character varying": TEXTS,
    "jsonb": OBJECTS + ["jsonb_build_object('h', " + LARGE + ")", "(SELECT jsonb_agg(1e131071::numeric) FROM generate_series(1, 3))"],
    "json": RAW + ["to_json(" + LARGE + ")"],
    "bytea": ["''", "'\\x00ff'", "decode(repeat('00', 1000000), 'hex')", "NULL"],
    "timestamp with time zone": TIMES,
    "timestamp without time zone": TIMES,
}
# What costs seconds to print is tried where it can be, by itself.
HUGE_CASES = [(2, "payload", "jsonb", [HUGE, "'{}'"])]
NOT_NULL = {1: {"id", "created_at"}, 2: {"id"}}


OIDS = {"UUID": "uuid", "JSONB": "jsonb", "JSON": "json", "TEXT": "text", "VARCHAR": "character varying", "BYTEA": "bytea",
        "BOOL": "boolean", "INT2": "smallint", "INT4": "integer", "INT8": "bigint", "TIMESTAMPTZ": "timestamp with time zone",
        "TIMESTAMP": "timestamp without time zone"}


def types():
    """column -> the types that src/store/column_type.c lets it have."""
    with open(os.path.join(TOP, "src", "store", "column_type.c"), encoding="utf-8") as source:
        text = source.read()
    lists = dict(re.findall(r"^#define (\w+) +(.*?[^\\])$", text, re.M | re.S))
    table = re.search(r"table\[COLUMN_COUNT\] = \{(.*?)\n\};", text, re.S)[1]
    found = {}
    for name, listed in re.findall(r"\[COLUMN_(\w+)\] = \{\d,\s*(.*?)\},\n", table + "\n", re.S):
        for macro, meaning in lists.items():
            listed = re.sub(rf"\b{macro}\b", lambda _, text=meaning: text, listed)
        found[name.lower()] = [OIDS[oid] for oid in re.findall(r"TYPE_(\w+)", listed)] or ANY
    return found


CASES = [(version, column, kind, VALUES[kind]) for version in (1, 2) for column, kinds in types().items() for kind in kinds
         if version == 2 or column in OTHERWISE_IN_1] + HUGE_CASES


def test_no_type_is_left_out():
    assert list(types()) == COLUMNS
    assert {kind for kinds in types().values() for kind in kinds} == set(VALUES)


class Table:
    """A table of which one column has a type of its own, and for each of its values a row of each kind."""

    def __init__(self, db, outrider, version, column, kind):
        self.db, self.outrider, self.version, self.column, self.kind = db, outrider, version, column, kind
        given = USUAL | {column: kind}
        db.execute("CREATE TABLE outbox_messages (" + ", ".join(
            f"{name} {given[name]}{self._constraint(name)}" for name in COLUMNS if name in given) + ")")  # v2's are adopted
        db.execute("CREATE INDEX ON outbox_messages (published, created_at)")
        if version == 2:
            outrider.command("schema", "apply").expect(0)

    def _constraint(self, name):
        default = {"id": " PRIMARY KEY", "published": " DEFAULT false", "retry_count": " DEFAULT 0",
                   "created_at": " DEFAULT now()", "headers": "", "seq": ""}.get(name, "")
        return default + (" NOT NULL" if name in NOT_NULL[self.version] else "")

    def _insert(self, value, row):
        row = {"id": "gen_random_uuid()", "aggregate_type": self._any("aggregate_type"),
               "aggregate_id": self._any("aggregate_id"), "event_type": self._any("event_type"),
               "payload": "'{}'"} | row | {self.column: f"({value})::{self.kind}"}
        self.db.execute(f"INSERT INTO outbox_messages ({', '.join(row)}) VALUES ({', '.join(row.values())})")

    def _any(self, name):
        return "NULL" if name == self.column else "'orders'"

    def fill(self, values):
        """For each value a dead row, a waiting and a published one."""
        dead = {"retry_count": "5"} | ({"dead_at": "now()", "last_error": "'no'"} if self.version == 2 else {})
        for value in values:
            if value == "NULL" and self.column in NOT_NULL[self.version]:
                continue
            self._insert(value, dead)
            if self.column == "id":
                continue
            self._insert(value, {})
            self._insert(value, {"published": "true", "published_at": "now()", "created_at": "now() - interval '1 h'"})

    def count(self, where):
        return self.db.execute(f"SELECT count(*) FROM outbox_messages WHERE {where}").fetchone()[0]

    @property
    def dead(self):
        return "published IS NOT TRUE AND " + ("dead_at IS NOT NULL" if self.version == 2 else "coalesce(retry_count, 0) >= 5")

    @property
    def old(self):
        return "published AND created_at < now() AND coalesce(published_at, created_at) < now()"


def short(result, bound=BOUND):
    assert len(result.stdout) + len(result.stderr) < bound, (result.argv, len(result.stdout), result.output[:2000])
    return result


@pytest.mark.parametrize("version, column, kind, values", CASES, ids=[
    f"{version}-{column}-{kind}" + ("-huge" if values[0] == HUGE else "") for version, column, kind, values in CASES])
def test_it_is_reported_sent_or_given_up_and_can_be_deleted(outrider, db, topic, version, column, kind, values):
    table = Table(db, outrider, version, column, kind)
    table.fill(values)
    dead, waiting = table.count(table.dead), table.count(f"published IS NOT TRUE AND NOT ({table.dead})")
    run = outrider.command

    counts = json.loads(short(run("status", "--json")).expect(0).stdout)
    assert (counts["messages"], counts["dead"]) == (waiting, dead)
    short(run("status")).expect(0)
    assert len(short(run("dead", "list")).expect(0).stdout.splitlines()) == (dead + 1 if dead else 1)
    listed = [json.loads(line) for line in short(run("dead", "list", "--json")).expect(0).stdout.splitlines()]
    assert len(listed) == dead
    for number, letter in enumerate(listed[:12]):
        as_json = ["--json"] * (number % 2)
        shown = short(run("dead", "show", letter["id"], *as_json), 3_000_000).expect(0).stdout
        assert letter["id"] in shown and (not as_json or json.loads(shown, parse_int=str)["id"] == letter["id"])
    short(run("dead", "retry", "--dry-run", "--all")).expect(0)
    short(run("drain", "--dry-run")).expect(0)
    counted = short(run("drain", "--max-seconds", "1", config={"kafka": {"bootstrap.servers": AWAY}, "log": {"level": "error"}}))
    assert "counting" not in counted.stderr and counted.code not in (65, 70), counted.output
    assert str(table.count(table.old)) in short(run("purge", "--older-than", "0s", "--dry-run")).expect(0).stdout
    checked = short(run("check", "--json")).stdout.splitlines()
    found = [json.loads(line) for line in checked]
    skipped = {one["code"] for one in found if one["severity"] == "skipped"}
    assert skipped <= ({"work-refused"} if values[0] == HUGE else set()), found  # a trial ends in time
    assert ("row-unreadable" in {one["code"] for one in found}) == (values[0] == HUGE)

    monitor = Monitor(outrider.run(config=ANYWHERE | {"kafka": {"bootstrap.servers": AWAY}}))
    sampled = monitor.wait_for(lambda m: (m.status()["sample"] or m.status()["sample_error"]) and m.status(), 20, "a sample")
    assert sampled["sample_error"] is None and sampled["sample"]["dead"] == dead
    for path in ("/status.json", "/", "/status.txt", "/metrics"):
        assert len(monitor.get(path)) < BOUND
    assert monitor.daemon.terminate() == 0

    relayed = {"message": {"topic": topic},
               "outbox": {"retry_backoff": "20ms", "retry_backoff_max": "50ms", "max_retries": 1 if values[0] == HUGE else 5,
                          "ordering": "none" if column == "next_attempt_at" else "key"}}
    daemon = outrider.run(config=relayed)
    ahead = "AND coalesce(next_attempt_at <= now(), true)" if version == 2 else ""
    daemon.wait_until(lambda: table.count(f"published IS NOT TRUE AND NOT ({table.dead}) {ahead}") == 0, 60,
                      "every row that may go is sent or given up")
    assert not daemon.failures("window_failed") and not daemon.failures("postgres_unavailable")
    assert daemon.terminate() == 0

    old = table.count(table.old)
    short(run("purge", "--older-than", "0s")).expect(0)
    short(run("dead", "discard", "--all")).expect(0)
    assert old == 0 or table.count(table.old) == 0
    assert table.count(table.dead) == 0
