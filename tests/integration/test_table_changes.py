# SPDX-License-Identifier: Apache-2.0
"""The table changes under a running relay. Rows are written before, during and after each change; each arrives as
PostgreSQL prints it under the definition at the time it is read, none is left lying, and where the relay cannot go on
it says why, and goes on once that is undone."""

import threading
import time

import pytest

from support.outrider import merge

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
RETYPE = "ALTER TABLE {table} ALTER {payload} TYPE %s USING %s"


def retype(before, after):
    """ALTER TABLE from one type of payload to another."""
    return RETYPE % (after, CASTS.get((before, after), "{payload}::" + after))


# What the documents allow, by name: the statements, each in a transaction of its own.
ALLOWED = {
    "aggregate_text": ["ALTER TABLE {table} ALTER {aggregate_id} TYPE text",
                       "ALTER TABLE {table} ALTER {aggregate_id} TYPE varchar(80)"],
    "topic_domain": ["CREATE DOMAIN name_of AS varchar(200)", "CREATE DOMAIN topic_of AS name_of",
                     "ALTER TABLE {table} ALTER {event_type} TYPE topic_of"],
    "created_without_zone": ["ALTER TABLE {table} ALTER {created_at} TYPE timestamp USING {created_at} AT TIME ZONE 'UTC'"],
    "created_with_zone": ["ALTER TABLE {table} ALTER {created_at} TYPE timestamp USING {created_at} AT TIME ZONE 'UTC'",
                          "ALTER TABLE {table} ALTER {created_at} TYPE timestamptz USING {created_at} AT TIME ZONE 'UTC'"],
    "counts_wider": ["ALTER TABLE {table} ALTER {retry_count} TYPE bigint"],
    "counts_narrower": ["ALTER TABLE {table} ALTER {retry_count} TYPE smallint"],
    "published_nullable": ["ALTER TABLE {table} ALTER {published} DROP NOT NULL, ALTER {published} DROP DEFAULT"],
    "published_there_and_back": ["ALTER TABLE {table} ALTER {published} DROP NOT NULL",
                                 "ALTER TABLE {table} ALTER {published} SET NOT NULL"],
    "foreign_added": ["ALTER TABLE {table} ADD tenant text NOT NULL DEFAULT 'a'"],
    "foreign_added_and_dropped": ["ALTER TABLE {table} ADD tenant text", "ALTER TABLE {table} DROP tenant"],
    "index": ["CREATE INDEX ON {table} ({created_at}, {aggregate_type})"],
    "check": ["ALTER TABLE {table} ADD CHECK ({event_type} <> '')"],
    "payload_swapped": ["ALTER TABLE {table} ADD other bytea NOT NULL DEFAULT '{{\"n\": 3}}'",
                        "BEGIN; ALTER TABLE {table} RENAME {payload} TO old; ALTER TABLE {table} RENAME other TO {payload}; "
                        "ALTER TABLE {table} ALTER old DROP NOT NULL; COMMIT"],
    "renamed_and_back": ["BEGIN; ALTER TABLE {table} RENAME TO elsewhere; ALTER TABLE elsewhere RENAME TO outbox_messages; "
                         "COMMIT"],
    "analyzed": ["ANALYZE {table}", "VACUUM {table}"],
    **{f"payload_{before}_{after}": [retype(before, after)]
       for before in PAYLOADS for after in PAYLOADS if before != after},
}
TABLES = [(1, 1), (2, 1), (2, 4)]


def kind_of(name):
    """The type of payload that a case begins with."""
    return name.split("_")[1] if name.startswith("payload_") and name.count("_") == 2 else "jsonb"


class Rows:
    """Writes rows as an application does that knows the table, and notes each that it committed."""

    def __init__(self, outbox, topic):
        self.outbox, self.topic, self.written = outbox, topic, set()

    def write(self, count=5, connection=None):
        """That many rows, of several aggregates, with a payload that every type takes."""
        payload = PAYLOADS[self.type(connection)]
        rows = (connection or self.outbox.connection).execute(self.outbox.statement(
            "INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}) SELECT "
            "gen_random_uuid(), 'order', 'a-' || n, %s, " + payload + " FROM generate_series(1, %s) n RETURNING {id}::text"),
            (self.topic, count)).fetchall()
        self.written |= {row[0] for row in rows}

    def type(self, connection=None):
        """The payload's type as it is now."""
        return (connection or self.outbox.connection).execute(self.outbox.statement(
            "SELECT pg_typeof({payload})::text FROM (SELECT NULL::{table}) AS x (o), LATERAL (SELECT (o).{payload}) y")
        ).fetchone()[0]


class Background:
    """Rows written one by one until it is stopped, on a connection of its own."""

    def __init__(self, rows, connection):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(rows, connection), daemon=True)
        self.error = None
        self._thread.start()

    def _work(self, rows, connection):
        while not self._stop.wait(0.002):
            try:
                rows.write(1, connection)
            except Exception as error:  # a definition that changed between the look and the INSERT
                self.error = error

    def stop(self):
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive()


def values_of(observer, topic, timeout=60):
    """id -> the values that arrived for it."""
    found = {}
    for record in observer.read(topic, timeout=timeout):
        found.setdefault(record.message_id, set()).add(record.value)
    return found


def assert_all_right(observer, topic, rows, forms):
    """Every row arrived once or more, in one of the forms that its payload is printed in."""
    found = values_of(observer, topic)
    assert rows.written <= set(found), f"{len(rows.written - set(found))} rows never arrived"
    wrong = {value for values in found.values() for value in values} - forms
    assert not wrong, wrong


FORMS = {b'{"n": 1}', b'{"n":  1}', b'{"n":   1}'}


@pytest.mark.parametrize("version, slots", TABLES)
@pytest.mark.parametrize("name", ALLOWED)
def test_allowed_changes(outrider, make_outbox, connect, settled, observer, topic, db, name, version, slots):
    """The change comes while the relay is idle, and again (as far as it can) while rows are written."""
    if name == "created_without_zone" and version > 1:
        pytest.skip("one version of it is enough: seq is the order of version 2")
    outbox = make_outbox(payload=f"{kind_of(name)} NOT NULL")
    rows = Rows(outbox, topic)
    rows.write()
    daemon = outrider.run()
    settled(daemon)
    with_writer = Background(rows, connect())
    for statement in ALLOWED[name]:
        outbox.run(statement)
    daemon.wait_until(lambda: outbox.published() > 20, 30, "rows on their way")
    with_writer.stop()
    settled(daemon)
    rows.write()  # by an idle relay's poll
    settled(daemon)
    assert not [event for event in daemon.events() if event.get("level") == "error"]
    assert daemon.terminate() == 0
    forms = FORMS | ({b'{"n": 3}'} if name == "payload_swapped" else set())
    assert_all_right(observer, topic, rows, forms)
    assert max(daemon_failures(daemon), default=0) == 0


def daemon_failures(daemon):
    """1 for each window that failed."""
    return [1 for event in daemon.events() if event.get("event") in ("window_failed", "postgres_unavailable")]
