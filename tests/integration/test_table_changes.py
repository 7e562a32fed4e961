# SPDX-License-Identifier: Apache-2.0
"""The table changes under a running relay. Rows are written before, during and after each change; each arrives as
PostgreSQL prints it under the definition at the time it is read, none is left lying, and where the relay cannot go on
it says why, and goes on once that is undone."""

import re
import threading

import psycopg
import pytest

from support.outbox import VERSION_1
from support.rows import PARTITION

PAYLOADS = {
    "jsonb": "'{{\"n\": 1}}'::jsonb",
    "json": "'{{\"n\":  1}}'::json",
    "text": "'{{\"n\":   1}}'",
    "bytea": "convert_to('{{\"n\": 1}}', 'UTF8')",
}
# From each type of payload to each other, as people write it.
CASTS = {
    ("jsonb", "bytea"): "convert_to({payload}::text, 'UTF8')",
    ("json", "bytea"): "convert_to({payload}::text, 'UTF8')",
    ("text", "bytea"): "convert_to({payload}, 'UTF8')",
    ("bytea", "jsonb"): "convert_from({payload}, 'UTF8')::jsonb",
    ("bytea", "json"): "convert_from({payload}, 'UTF8')::json",
    ("bytea", "text"): "convert_from({payload}, 'UTF8')",
}
TYPE = "SELECT atttypid::regtype::text FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'payload'"
RETYPE = "ALTER TABLE {table} ALTER {payload} TYPE %s USING %s"
# Each type of payload to each other.
WALK = "jsonb json jsonb text jsonb bytea json text json bytea text bytea jsonb".split()


# What the documents allow, by name: statements, each in a transaction of its own. One after the other they are a walk that
# a relay goes along without an end.
ALLOWED = {
    "aggregate_text": ["ALTER TABLE {table} ALTER {aggregate_id} TYPE text"],
    "aggregate_varchar": ["ALTER TABLE {table} ALTER {aggregate_id} TYPE varchar(80)"],
    "topic_domain": ["CREATE DOMAIN name_of AS varchar(200)", "CREATE DOMAIN topic_of AS name_of",
                     "ALTER TABLE {table} ALTER {event_type} TYPE topic_of"],
    "id_domain": ["CREATE DOMAIN key_of AS uuid", "ALTER TABLE {table} ALTER {id} TYPE key_of"],
    "created_without_zone": ["ALTER TABLE {table} ALTER {created_at} DROP DEFAULT, ALTER {created_at} TYPE timestamp "
                             "USING {created_at} AT TIME ZONE 'UTC', "
                             "ALTER {created_at} SET DEFAULT now() AT TIME ZONE 'UTC'"],
    "created_with_zone": ["ALTER TABLE {table} ALTER {created_at} DROP DEFAULT, ALTER {created_at} TYPE timestamptz "
                          "USING {created_at} AT TIME ZONE 'UTC', ALTER {created_at} SET DEFAULT now()"],
    "counts_wider": ["ALTER TABLE {table} ALTER {retry_count} TYPE bigint"],
    "counts_narrower": ["ALTER TABLE {table} ALTER {retry_count} TYPE smallint"],
    "published_nullable": ["ALTER TABLE {table} ALTER {published} DROP NOT NULL, ALTER {published} DROP DEFAULT"],
    "published_not_null": ["UPDATE {table} SET {published} = false WHERE {published} IS NULL",
                           "ALTER TABLE {table} ALTER {published} SET DEFAULT false",
                           "UPDATE {table} SET {published} = false WHERE {published} IS NULL",
                           "ALTER TABLE {table} ALTER {published} SET NOT NULL"],
    "foreign_added": ["ALTER TABLE {table} ADD tenant text NOT NULL DEFAULT 'a'"],
    "foreign_dropped": ["ALTER TABLE {table} DROP tenant"],
    "index": ["CREATE INDEX ON {table} ({created_at}, {aggregate_type})"],
    "check": ["ALTER TABLE {table} ADD CHECK ({event_type} <> '')"],
    "renamed_and_back": ["BEGIN; ALTER TABLE {table} RENAME TO elsewhere; ALTER TABLE elsewhere RENAME TO outbox_messages; "
                         "COMMIT"],
    "analyzed": ["ANALYZE {table}", "VACUUM {table}"],
    **{f"payload_{before}_{after}": [RETYPE % (after, CASTS.get((before, after), "{payload}::" + after))]
       for before, after in zip(WALK, WALK[1:])},
    "payload_swapped": ["ALTER TABLE {table} ADD other bytea NOT NULL DEFAULT '{{\"n\": 3}}'",
                        "BEGIN; ALTER TABLE {table} RENAME {payload} TO old; ALTER TABLE {table} RENAME other TO {payload}; "
                        "ALTER TABLE {table} ALTER old DROP NOT NULL; COMMIT"],
}
TABLES = [(1, 1), (2, 1), (2, 4)]


class Rows:
    """Writes rows as an application does that knows the table, and notes each that it committed."""

    def __init__(self, outbox, topic):
        self.outbox, self.topic = outbox, topic
        self.at, self.written = "start", {}

    def write(self, count=5, connection=None):
        """That many rows, of several aggregates, in the form of the payload's type as it is now."""
        connection = connection or self.outbox.connection
        with connection.transaction():  # the lock keeps the type as it is
            connection.execute(self.outbox.statement("LOCK TABLE {table} IN ROW EXCLUSIVE MODE"))
            payload = PAYLOADS[connection.execute(TYPE, (self.outbox.table,)).fetchone()[0]]
            rows = connection.execute(self.outbox.statement(
                "INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}) SELECT "
                "gen_random_uuid(), 'order', 'a-' || n, %s, " + payload + " FROM generate_series(1, %s) n "
                "RETURNING {id}::text"), (self.topic, count)).fetchall()
        self.written.setdefault(self.at, set()).update(row[0] for row in rows)


class Background:
    """Rows written one by one until it is stopped, on a connection of its own."""

    def __init__(self, rows, connection):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(rows, connection), daemon=True)
        self._thread.start()

    def _work(self, rows, connection):
        while not self._stop.wait(0.002):
            try:
                rows.write(1, connection)
            except psycopg.errors.UndefinedTable:  # away for a moment
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


FORMS = {b'{"n": 1}', b'{"n":  1}', b'{"n":   1}', b'{"n": 3}'}


def assert_all_right(observer, topic, rows):
    """Every row arrived, and in one of the forms that its payload is printed in."""
    found = {}
    for record in observer.read(topic, timeout=60):
        found.setdefault(record.message_id, set()).add(record.value)
    wrong = {value for values in found.values() for value in values} - FORMS
    assert not wrong, wrong
    missing = [name for name, ids in rows.written.items() if not ids <= set(found)]
    assert not missing, f"rows never arrived that were written at {missing}"


def troubles(daemon):
    """Lines of windows or connections that failed."""
    return [event for event in daemon.events()
            if event.get("event") in ("window_failed", "postgres_unavailable") or event.get("level") == "error"]


@pytest.mark.parametrize("version, slots", TABLES)
def test_allowed_changes(outrider, outbox, connect, observer, topic, db, version):
    """Each change comes under writers, and is followed by rows that only an idle relay's poll can find."""
    rows = Rows(outbox, topic)
    daemon = outrider.run()
    for name, statements in ALLOWED.items():
        rows.at = name
        rows.write()
        with Background(rows, connect()):
            for statement in statements:
                db.execute(outbox.statement(statement))
            already = outbox.published()
            daemon.wait_until(lambda: outbox.published() > already + 5, 30, f"rows on their way after {name}")
        daemon.wait_until(lambda: outbox.unpublished() == 0, 30, f"all rows published after {name}")
        rows.write()
        daemon.wait_until(lambda: outbox.unpublished() == 0, 30, f"what is written after {name} is published")
    assert not troubles(daemon)
    assert daemon.terminate() == 0
    assert_all_right(observer, topic, rows)
    changed = sum(event["event"] == "table_changed" for event in daemon.events() if "event" in event)
    assert changed >= len(WALK)


# What a relay cannot work with, or not with this configuration: the change, what its log says of it, and what undoes it.
REFUSED = {
    "renamed_away": ("ALTER TABLE {table} RENAME TO elsewhere", r'there is no table .*outrider schema apply',
                     "ALTER TABLE elsewhere RENAME TO outbox_messages"),
    "schema": ("CREATE SCHEMA other; ALTER TABLE {table} SET SCHEMA other", r"there is no table",
               "ALTER TABLE other.{table} SET SCHEMA public"),
    "column_renamed": ("ALTER TABLE {table} RENAME {payload} TO body", r"no column .*payload.*outbox\.columns\.payload",
                       "ALTER TABLE {table} RENAME body TO {payload}"),
    "column_of_no_use": ("ALTER TABLE {table} ALTER {published_at} TYPE text",
                         r"published_at.* is of type text; outrider needs timestamp",
                         "ALTER TABLE {table} ALTER {published_at} TYPE timestamptz USING {published_at}::timestamptz"),
    "a_view": ("ALTER TABLE {table} RENAME TO elsewhere; CREATE VIEW outbox_messages AS SELECT * FROM elsewhere",
               r"is not a table", "DROP VIEW outbox_messages; ALTER TABLE elsewhere RENAME TO outbox_messages"),
}


@pytest.mark.parametrize("version, slots", TABLES)
def test_refused_changes(outrider, outbox, observer, topic, db):
    """The relay says why it cannot go on, publishes nothing meanwhile, and goes on by itself once the table is back."""
    rows = Rows(outbox, topic)
    daemon = outrider.run()
    for name, (change, pattern, undo) in REFUSED.items():
        rows.at = name
        rows.write()
        daemon.wait_until(lambda: outbox.unpublished() == 0, 30, f"rows published before {name}")
        db.execute(outbox.statement(f"BEGIN; {change}; COMMIT"))
        daemon.wait_for_log(pattern, 30)
        db.execute(outbox.statement(f"BEGIN; {undo}; COMMIT"))
        rows.write()
        daemon.wait_until(lambda: outbox.unpublished() == 0, 30, f"rows published after {name} was undone")
    assert daemon.terminate() == 0
    assert_all_right(observer, topic, rows)


# Another table under the name: what brings it there, from the one that is there.
REPLACED = {
    "dropped": "DROP TABLE {table}; {create}",
    "renamed": "ALTER TABLE {table} RENAME TO elsewhere; {create}",
    "partition": PARTITION,
}


def create_statement(payload):
    """The table of version 1 with that type of payload."""
    with open(VERSION_1, encoding="utf-8") as text:
        return text.read().replace("ix_outbox_unpublished", "ix_" + payload).replace("{payload}", f"{payload} NOT NULL")


@pytest.mark.parametrize("how", REPLACED)
def test_replaced_tables(outrider, outbox, observer, topic, db, how):
    """On version 1: another table of another type of payload, whose rows are older than all that the relay has seen."""
    rows = Rows(outbox, topic)
    rows.write()
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "all rows published")
    create = "ALTER TABLE {table} ALTER payload TYPE bytea USING convert_to(payload::text, 'UTF8')" \
        if how == "partition" else create_statement("bytea")
    db.execute(outbox.statement(REPLACED[how].replace("{create}", create)))
    if how == "partition":
        db.execute(outbox.statement(create))
    rows.at = how
    rows.write()
    outbox.run("UPDATE {table} SET {created_at} = {created_at} - interval '1 day' WHERE NOT {published}")
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "the rows of the other table published")
    daemon.wait_for_log('"table_changed".*"table_oid"', 10)
    assert [event["level"] for event in daemon.events() if event.get("event") == "table_changed"][0] == "warn"
    assert not troubles(daemon)
    assert daemon.terminate() == 0
    assert_all_right(observer, topic, rows)


@pytest.mark.parametrize("version, slots", [(2, 1), (2, 4)])
def test_another_identity(outrider, outbox, observer, topic, db):
    """Rows far below what the relay has reached go at once when the table is known to be another."""
    rows = Rows(outbox, topic)
    rows.write()
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "all rows published")
    first = outbox.value("SELECT identity FROM outbox_messages_outrider")
    for identity in ("gen_random_uuid()", f"'{first}'"):  # and back to the older one
        lines = len([event for event in daemon.events() if event.get("event") == "table_changed"])
        db.execute(f"UPDATE outbox_messages_outrider SET identity = {identity}")
        daemon.wait_until(lambda: len([event for event in daemon.events() if event.get("event") == "table_changed"]) > lines,
                          30, "the other identity seen")
        rows.write()
        outbox.run("UPDATE {table} SET seq = seq - 1000000 WHERE NOT {published}")
        daemon.wait_until(lambda: outbox.unpublished() == 0, 20, "rows below the floor")
    assert not troubles(daemon)
    assert daemon.terminate() == 0
    assert_all_right(observer, topic, rows)


@pytest.mark.parametrize("version, slots", [(2, 1), (2, 4)])
@pytest.mark.parametrize("how", ["dropped", "renamed"])
def test_a_table_of_version_1_under_a_version_table_of_2(outrider, outbox, observer, topic, db, how):
    """The relay, status and check say `schema apply`; that heals it, and the relay goes on by itself."""
    rows = Rows(outbox, topic)
    rows.write()
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "all rows published")
    db.execute(outbox.statement(REPLACED[how].replace("{create}", create_statement("jsonb"))))
    rows.at = how
    rows.write()
    daemon.wait_for_log(r"has no column .*seq.*outrider schema apply", 30)
    assert "map it" not in daemon.text()
    assert "outrider schema apply" in outrider.command("status").output
    assert "outrider schema apply" in " ".join(outrider.command("check").output.split())
    if how == "renamed":  # its indexes kept their names; nothing is changed before that is found
        refused = outrider.command("schema", "apply").expect(1)
        assert re.search(r"outbox_messages_outrider_claim.* taken by an index of elsewhere", refused.stderr)
        assert not outbox.value("SELECT count(*) > 0 FROM pg_attribute WHERE attrelid = 'outbox_messages'::regclass AND attname = 'seq'")
        db.execute("DROP TABLE elsewhere")
    outrider.command("schema", "apply").expect(0)
    outrider.command("schema", "status").expect(0)
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "the rows of the other table published")
    assert daemon.terminate() == 0
    assert_all_right(observer, topic, rows)


@pytest.mark.parametrize("version, slots", [(2, 1), (2, 4)])
def test_a_version_table_without_an_identity(outrider, outbox, observer, topic, db):
    """One that an older outrider made serves as it is; apply adds the identity, which makes it no other table."""
    db.execute("ALTER TABLE outbox_messages_outrider DROP identity")
    rows = Rows(outbox, topic)
    rows.write()
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "all rows published")
    outrider.command("schema", "status").expect(1)
    outrider.command("schema", "apply").expect(0)
    rows.write()
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "all rows published")
    assert "table_changed" not in daemon.text() and "table_version_changed" not in daemon.text()
    assert not troubles(daemon)
    outrider.command("schema", "revert").expect(0)
    rows.write()
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "all rows published")
    assert daemon.terminate() == 0
    assert_all_right(observer, topic, rows)
