# SPDX-License-Identifier: Apache-2.0
"""A table of version 2 that comes without its version table, as `pg_dump -t` makes a copy, is no table of version 1: nobody
works on it, and apply makes it whole."""

import json
import re

import pytest

from support import postgres as postgres_server
from support import process
from support.outbox import Outbox


@pytest.fixture
def version():
    return 2


@pytest.fixture
def copied(postgres, database, db, outbox, topic, schema):
    """Replaces the table by its copy, with an open row, one that waits, and two dead ones of few attempts; their ids by
    state. `dump` is the schema as it was."""
    ids = {state: outbox.insert(topic, aggregate=state) for state in ("open", "waits", "dead", "buried")}
    outbox.run("UPDATE {table} SET dead_at = '2026-01-01', last_error = 'it was bad', error_class = 'message', "
               "{retry_count} = 1 WHERE {aggregate_id} IN ('dead', 'buried')")
    outbox.run("UPDATE {table} SET next_attempt_at = now() + interval '1 hour', {retry_count} = 1 "
               "WHERE {aggregate_id} = 'waits'")
    ids["dump"] = schema.dump()
    copy = process.run_as([f"{postgres_server.bindir()}/pg_dump", "-t", "outbox_messages", postgres.dsn(database)]).decode()
    db.execute("DROP TABLE outbox_messages, outbox_messages_outrider")
    schema.psql(re.sub(r"^\\(un)?restrict.*$", "", copy, flags=re.M))
    return ids


def dead(outbox):
    return {(str(row[0]), row[1].isoformat()[:10], row[2]) for row in
            outbox.run("SELECT {id}, dead_at, last_error FROM {table} WHERE dead_at IS NOT NULL").fetchall()}


@pytest.mark.parametrize("slots", [1, 4])
def test_the_dead_of_a_copy_stay_dead(outrider, outbox, copied, observer, topic, schema, slots):
    daemon = outrider.run()
    daemon.wait_for_log("is missing, as in a copy")
    assert re.search(r'"code":"TABLE".*outrider schema apply', daemon.text())
    outrider.command("schema", "apply", "--slots", str(slots)).expect(0)
    daemon.wait_until(lambda: outbox.row(copied["open"])[0], 30, "the open row")
    late = outbox.insert(topic, aggregate="dead")
    daemon.wait_until(lambda: outbox.row(late)[0], 30, "a new row")
    assert daemon.terminate() == 0
    assert {record.message_id for record in observer.read(topic)} - {copied["waits"]} == {copied["open"], late}
    assert dead(outbox) == {(copied[state], "2026-01-01", "it was bad") for state in ("dead", "buried")}
    assert schema.dump() == copied["dump"]
    assert schema.version() == 2


def test_whoever_looks_at_a_copy_is_told(outrider, outbox, copied):
    for command in (["status"], ["dead", "list", "--all"], ["drain", "--dry-run"], ["purge", "--older-than", "1h"],
                    ["dead", "retry", "--all"]):
        result = outrider.command(*command)
        assert result.code != 0 and "outrider schema apply" in result.stderr, (command, result.output)
    found = [json.loads(line) for line in outrider.command("check", "--json").stdout.splitlines()]
    assert {(one["code"], one["command"]) for one in found} == {("version-lost", "outrider schema apply")}
    assert "version table" in outrider.command("schema", "status").expect(1).stdout
    assert dead(outbox) == {(copied[state], "2026-01-01", "it was bad") for state in ("dead", "buried")}


def test_apply_that_was_cut_short_keeps_the_dead(outrider, outbox, db, copied, topic, observer):
    """While version 1 is in force the dead are known by their attempts."""
    db.execute("CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'stopped'; END $$;"
               "CREATE EVENT TRIGGER stop ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION stop()")
    db.execute("DROP INDEX outbox_messages_outrider_due")
    assert "stopped" in outrider.command("schema", "apply").stderr
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.row(copied["open"])[0], 30, "the open row")
    assert not {copied["dead"], copied["buried"]} & {record.message_id for record in observer.read(topic)}
    db.execute("DROP EVENT TRIGGER stop")
    outrider.command("schema", "apply").expect(0)
    assert dead(outbox) == {(copied[state], "2026-01-01", "it was bad") for state in ("dead", "buried")}


def test_a_table_that_was_renamed(outrider, outbox, db, schema):
    """Its numbers come from a sequence of the old name: which has to be renamed, is said by name."""
    db.execute("ALTER TABLE outbox_messages RENAME TO outbox_of_old")
    schema.configure(table="outbox_of_old")
    said = schema.runner.command("status").stderr
    assert "outbox_messages_outrider_seq, has to be named \"outbox_of_old_outrider_seq\"" in said
    db.execute("ALTER SEQUENCE outbox_messages_outrider_seq RENAME TO outbox_of_old_outrider_seq")
    schema("apply").expect(0)
    assert schema.version() == 2


@pytest.mark.parametrize("emptied", ["TRUNCATE outbox_messages_outrider", "DELETE FROM outbox_messages_outrider"])
def test_an_empty_version_table_is_as_good_as_none(outrider, outbox, db, topic, observer, schema, emptied):
    """Also beside a relay that runs; its dead stay dead."""
    whole = schema.dump()
    sent = outbox.insert(topic)
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.row(sent)[0], 30, "the first row")
    dead_one = outbox.insert(topic, aggregate="dead", retry_count=1)
    outbox.run("UPDATE {table} SET dead_at = '2026-01-01', last_error = 'it was bad' WHERE {id} = %s", dead_one)
    before = observer.count(topic)
    db.execute(emptied)
    daemon.wait_for_log("version table .*without its row")
    for command in (["status"], ["dead", "list", "--all"], ["drain", "--dry-run"], ["dead", "retry", "--all"]):
        result = outrider.command(*command).expect(78)
        assert "without its row" in result.stderr and "outrider schema apply" in result.stderr, (command, result.output)
    found = [json.loads(line) for line in outrider.command("check", "--json").stdout.splitlines()]
    assert {(one["code"], one["command"]) for one in found} == {("version-lost", "outrider schema apply")}
    assert "version table" in outrider.command("schema", "status").expect(1).stdout
    outrider.command("schema", "apply").expect(0)
    late = outbox.insert(topic)
    daemon.wait_until(lambda: outbox.row(late)[0], 30, "a new row")
    assert daemon.terminate() == 0
    assert observer.count(topic) == before + 1
    assert dead(outbox) == {(dead_one, "2026-01-01", "it was bad")}
    assert schema.dump() == whole and schema.version() == 2
    assert outrider.command("schema", "apply", "--dry-run").expect(0).stdout == "-- nothing to do\n"


def test_an_empty_version_table_can_be_reverted(outrider, outbox, db, topic, schema):
    """To version 1, by which the dead are known by their attempts."""
    row = outbox.insert(topic)
    outbox.run("UPDATE {table} SET dead_at = now(), {retry_count} = 1 WHERE {id} = %s", row)
    db.execute("TRUNCATE outbox_messages_outrider")
    assert outrider.command("schema", "revert").expect(0).stdout == "outbox_messages: version 1\n"
    assert outbox.row(row) == (False, 5)
    outrider.command("schema", "apply").expect(0)
    assert schema.version() == 2


def test_definitions_alone(postgres, outrider, outbox, database, db, topic, observer, schema):
    """`pg_dump -s` has the version table, and not its row."""
    definitions = schema.dump()
    db.execute("DROP TABLE outbox_messages, outbox_messages_outrider")
    schema.psql(definitions)
    assert "without its row" in outrider.command("status").expect(78).stderr
    outrider.command("schema", "apply").expect(0)
    assert schema.version() == 2
    row = outbox.insert(topic)
    outrider.drain().expect(0)
    assert outbox.row(row)[0] and observer.count(topic) == 1


def test_own_columns_of_those_names_are_no_copy(outrider, db, topic):
    """An application's table of version 1 may have them all."""
    outbox = Outbox(db).create()
    outrider.config["outbox"]["table"] = "outbox_messages"
    db.execute("ALTER TABLE outbox_messages ADD seq bigint, ADD headers jsonb, ADD next_attempt_at timestamptz, "
               "ADD last_error text, ADD error_class text, ADD dead_at timestamptz")
    row = outbox.insert(topic)
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.row(row)[0], 20, "the row")
