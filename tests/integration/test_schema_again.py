# SPDX-License-Identifier: Apache-2.0
"""A table whose rows have numbers from before keeps each aggregate's order: the column stays through a revert when it came
with a copy, and a copy can come without the last number of its sequence."""

import json
import re

import pytest

from support import postgres as postgres_server
from support import process

SEQUENCE = "outbox_messages_outrider_seq"


@pytest.fixture
def version():
    return 2


@pytest.fixture
def copy(postgres, database, db, schema):
    """Replaces the table by what `pg_dump -t` makes of it."""

    def replace():
        text = process.run_as([f"{postgres_server.bindir()}/pg_dump", "-t", "outbox_messages", postgres.dsn(database)]).decode()
        db.execute("DROP TABLE outbox_messages, outbox_messages_outrider")
        schema.psql(re.sub(r"^\\(un)?restrict.*$", "", text, flags=re.M))

    return replace


@pytest.fixture
def write(outbox, topic):
    """Rows of one aggregate, each older by its created_at than the one before: only their numbers have their order."""
    written = []

    def more(rows):
        written.extend(outbox.insert(topic, age=len(written) + n) for n in range(rows))
        return written

    return more


def arrived(outrider, observer, topic):
    """All rows, in their order of arrival; none was out of the sequence's range."""
    done = outrider.drain("-o", "outbox.batch_size=2", config={"log": {"format": "json"}}).expect(0)
    assert "row_number_ahead" not in done.stderr
    return [record.message_id for record in observer.read(topic)]


@pytest.mark.parametrize("lives", [1, 2, 3])
def test_numbers_from_before_a_revert_stay_in_front(outrider, outbox, db, schema, topic, observer, copy, write, lives):
    write(3)
    copy()
    schema("apply").expect(0)
    for _ in range(lives):
        write(2)
        schema("revert").expect(0)
        assert outbox.value("SELECT count(seq) FROM {table}") > 0, "the column came with the copy, and is kept"
        schema("apply").expect(0)
        write(2)
    assert schema("apply", "--dry-run").expect(0).stdout == "-- nothing to do\n"
    assert "row-number-ahead" not in outrider.command("check").stdout
    assert arrived(outrider, observer, topic) == write(0)


def test_rows_that_were_written_at_version_1_come_in_between(outrider, outbox, schema, topic, observer, copy, write):
    """They have no number before apply gives them one, and are in the order of version 1."""
    ids = write(3)
    copy()
    schema("apply").expect(0)
    schema("revert").expect(0)
    ids += [outbox.insert(topic) for _ in range(3)]
    schema("apply").expect(0)
    ids += [outbox.insert(topic) for _ in range(3)]
    assert arrived(outrider, observer, topic) == ids


def test_apply_that_was_cut_short_keeps_them_in_front(outrider, outbox, db, schema, topic, observer, copy, write):
    """Twice: before the columns, and before the indexes, with rows that are written meanwhile."""
    ids = write(3)
    copy()
    schema("apply").expect(0)
    schema("revert").expect(0)
    ids += [outbox.insert(topic) for _ in range(2)]
    db.execute("CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stopped'; END $$")
    for command in ("ALTER TABLE", "CREATE INDEX"):
        db.execute(f"CREATE EVENT TRIGGER stop ON ddl_command_start WHEN TAG IN ('{command}') EXECUTE FUNCTION stop()")
        assert "stopped" in schema("apply").stderr
        ids += [outbox.insert(topic) for _ in range(2)]
        db.execute("DROP EVENT TRIGGER stop")
    schema("apply").expect(0)
    ids += [outbox.insert(topic) for _ in range(2)]
    assert arrived(outrider, observer, topic) == ids


def test_what_is_printed_keeps_them_in_front(outrider, outbox, schema, topic, observer, copy, write):
    """apply --dry-run knows the numbers that are there."""
    ids = write(3)
    copy()
    schema("apply").expect(0)
    schema("revert").expect(0)
    ids += [outbox.insert(topic) for _ in range(2)]
    schema.psql(schema("apply", "--dry-run").expect(0).stdout)
    ids += [outbox.insert(topic) for _ in range(2)]
    assert arrived(outrider, observer, topic) == ids


def test_a_number_out_of_reach_takes_no_room_from_the_sequence(outrider, outbox, db, schema, topic, copy, write):
    """A writer has set it before the revert."""
    write(2)
    outbox.run("UPDATE {table} SET seq = 9223372036854775807 WHERE seq = (SELECT max(seq) FROM {table})")
    copy()
    schema("apply").expect(0)
    schema("revert").expect(0)
    schema("apply").expect(0)
    outbox.insert(topic)
    assert outbox.value("SELECT max(seq) FROM {table} WHERE seq < 9223372036854775807") < 2 ** 42


def test_a_copy_without_the_sequences_last_number(outrider, outbox, db, schema, topic, observer, copy, write):
    """As COPY and logical replication make it."""
    write(3)
    copy()
    db.execute(f"ALTER SEQUENCE {SEQUENCE} RESTART")
    schema("apply").expect(0)
    write(3)
    assert "row-number-ahead" not in outrider.command("check").stdout
    assert arrived(outrider, observer, topic) == write(0)


def test_the_statement_of_check_keeps_their_order(outrider, outbox, db, topic, observer, write):
    """Version 2 in force, and the sequence behind its rows, which lie in the table in another order."""
    ids = write(6)
    for message_id in (ids[3], ids[0], ids[4]):
        outbox.run("UPDATE {table} SET {retry_count} = 0 WHERE {id} = %s", message_id)
    db.execute(f"ALTER SEQUENCE {SEQUENCE} RESTART")
    found = [json.loads(line) for line in outrider.command("check", "--json").stdout.splitlines()]
    ahead, = [one for one in found if one["code"] == "row-number-ahead"]
    assert "copy" in ahead["detail"] and "A writer has set it." not in ahead["detail"]
    db.execute(ahead["command"])
    write(2)
    assert arrived(outrider, observer, topic) == write(0)
