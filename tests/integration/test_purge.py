# SPDX-License-Identifier: Apache-2.0
"""purge deletes the published rows that are old enough and no other row, and holds nobody up."""

import re
import signal
import subprocess

import pytest

from support import outrider as relay
from support import process
from support.outbox import Outbox
from support.process import wait_until
from support.schema import quoted

NO_INDEX = "all of it is read"
USAGE, UNAVAILABLE, UNFINISHED, PERMISSION, CONFIGURATION = 64, 69, 75, 77, 78
STRANGE = {"id": "ID", "aggregate_id": "aggregate\\Id", "published": "{published}", "published_at": 'the "time"',
           "created_at": "createdAt", "payload": "pay load"}


@pytest.fixture
def columns():
    """Mapped names."""
    return {}


@pytest.fixture
def table(schema, db, version, columns):
    """An outbox table at the test's version; no relay and no Kafka is needed."""
    name = "Out.box" if columns else "outbox_messages"
    outbox = Outbox(db, quoted(name), columns).create()
    for own, mapped in columns.items():
        db.execute(f"ALTER TABLE {quoted(name)} RENAME {own} TO {quoted(mapped)}")
    schema.configure(table=quoted(name), columns=columns)
    schema("apply", "--to", str(version)).expect(0)
    return outbox


@pytest.fixture
def purge(schema):
    return lambda *arguments, **options: schema.runner.command("purge", *arguments, **options)


def fill_old(table, rows):
    """Rows that were published eight days ago."""
    table.fill("old", rows, minutes_ago=9 * 24 * 60)
    publish(table, "old", "now() - interval '8 days'")


def publish(table, topic, published_at):
    table.run("UPDATE {table} SET {published} = true, {published_at} = " + published_at
              + " WHERE {event_type} = %s", topic)


def kinds(table):
    """How many rows of each topic there are."""
    return dict(table.run("SELECT {event_type}, count(*) FROM {table} GROUP BY 1").fetchall())


def fill_every_kind(table, version):
    """1,200 rows of each kind that there is, all of them made nine days ago; those to go are old-*."""
    for topic in ("old", "old-unknown", "young", "waiting", "dead", "unpublished"):
        table.fill(topic, 1200, minutes_ago=9 * 24 * 60, retry_count=5 if topic == "dead" else 0)
    publish(table, "old", "now() - interval '8 days'")
    publish(table, "old-unknown", "NULL")
    publish(table, "young", "now() - interval '6 days'")
    if version > 1:
        table.run("UPDATE {table} SET next_attempt_at = now() + interval '1 hour' WHERE {event_type} = 'waiting'")
        table.run("UPDATE {table} SET dead_at = now() WHERE {event_type} = 'dead'")


@pytest.mark.parametrize("columns", [{}, STRANGE], ids=["plain", "mapped"])
@pytest.mark.parametrize("indexed", [True, False], ids=["index", "pages"])
@pytest.mark.parametrize("version", [1, 2])
def test_only_what_was_published_long_ago_goes(table, purge, db, version, indexed, columns):
    if not indexed:
        db.execute("DROP INDEX ix_outbox_unpublished")
    fill_every_kind(table, version)
    before = kinds(table)
    result = purge("--older-than", "7d", "--dry-run").expect(0)
    assert re.search(r": would delete 2,400 rows, published before \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S*\+00\n",
                     result.stdout), result.output
    assert kinds(table) == before
    result = purge("--older-than", "7d").expect(0)
    assert ": deleted 2,400 rows, published before " in result.stdout
    assert (NO_INDEX in result.stderr) is not indexed
    assert kinds(table) == {topic: 1200 for topic in ("young", "waiting", "dead", "unpublished")}
    assert ": deleted 0 rows, " in purge("--older-than", "7d").expect(0).stdout
    assert ": deleted 1,200 rows, " in purge("--older-than", "5d").expect(0).stdout


@pytest.mark.parametrize("version", [2])
def test_the_index_leads_to_them(table, purge, db, version):
    """Batches read the rows they delete and not the table, also when all are of one transaction."""
    table.fill("old", 20000)
    table.fill("unpublished", 20000)
    table.run("UPDATE {table} SET {created_at} = now() - interval '9 days'")
    publish(table, "old", "now() - interval '8 days'")
    db.execute("VACUUM ANALYZE outbox_messages")
    asked = ("SELECT seq_scan, idx_tup_fetch FROM pg_stat_user_tables "
             "WHERE relname = 'outbox_messages' AND n_tup_upd = 60000 AND n_tup_del = %s")
    db.execute("SELECT pg_stat_force_next_flush()")
    scans, fetched = wait_until(lambda: db.execute(asked, (0,)).fetchone(), 10, "statistics")
    assert ": deleted 20,000 rows, " in purge("--older-than", "7d").expect(0).stdout
    scans_after, fetched_after = wait_until(lambda: db.execute(asked, (20000,)).fetchone(), 10, "statistics")
    assert scans_after == scans
    # Once by the index and once by the primary key, and the dead in front of a batch once more.
    assert fetched_after - fetched < 4 * 20000


def test_a_locked_row_is_passed_over(table, purge, connect, db):
    fill_old(table, 300)
    holder = connect(autocommit=False)
    held = {str(row[0]) for row in holder.execute(
        "SELECT id FROM outbox_messages ORDER BY created_at LIMIT 7 FOR UPDATE")}
    result = purge("--older-than", "7d", config={"database": {"lock_timeout": "1ms"}}).expect(0)
    assert ": deleted 293 rows, " in result.stdout
    assert set(table.texts()) == held
    holder.rollback()
    assert ": deleted 7 rows, " in purge("--older-than", "7d").expect(0).stdout


def test_a_locked_table_is_not_waited_for(table, purge, connect):
    fill_old(table, 10)
    holder = connect(autocommit=False)
    holder.execute("LOCK TABLE outbox_messages IN ACCESS EXCLUSIVE MODE")
    result = purge("--older-than", "7d", config={"database": {"lock_timeout": "50ms"}}).expect(UNFINISHED)
    assert "lock timeout" in result.stderr
    holder.rollback()
    assert ": deleted 10 rows, " in purge("--older-than", "7d").expect(0).stdout


def test_a_signal_ends_it_between_two_batches(table, schema):
    fill_old(table, 20000)
    child = process.spawn([relay.BINARY, "purge", "--older-than", "7d", "--rate", "2000", "-c",
                           schema.runner.write()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=relay.environment())
    wait_until(lambda: table.count() < 20000, 10, "a batch")
    child.send_signal(signal.SIGTERM)
    stdout, stderr = child.communicate(timeout=10)
    assert child.returncode == UNFINISHED, stdout + stderr
    left = table.count()
    assert 0 < left < 20000
    assert f": deleted {20000 - left:,} rows, " in stdout
    assert "stopped by a signal" in stderr


def test_it_keeps_to_its_rate(table, purge):
    fill_old(table, 3000)
    result = purge("--older-than", "7d", "--rate", "2000").expect(0)
    assert ": deleted 3,000 rows, " in result.stdout
    assert result.seconds > 0.2  # the pause after the first 500 rows is owed, whatever else takes long


def test_a_server_that_takes_no_writes(table, purge, db, database):
    fill_old(table, 10)
    db.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    result = purge("--older-than", "7d").expect(UNAVAILABLE)
    assert "session is read-only" in result.stderr
    assert ": would delete 10 rows, " in purge("--older-than", "7d", "--dry-run").expect(0).stdout


def test_a_missing_right_and_a_trigger_are_named(table, purge, db, postgres, database, make_role):
    fill_old(table, 10)
    reader = make_role("reader", "SELECT, UPDATE ON outbox_messages")
    result = purge("--older-than", "7d", config={"database": {"dsn": postgres.dsn(database, user=reader)}}).expect(PERMISSION)
    assert "permission denied" in result.stderr and "SELECT, UPDATE and DELETE" in result.stderr
    db.execute("CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    db.execute("CREATE TRIGGER keep BEFORE DELETE ON outbox_messages FOR EACH ROW EXECUTE FUNCTION keep()")
    result = purge("--older-than", "7d").expect(UNAVAILABLE)
    assert "a trigger or a rule" in result.stderr
    assert table.count() == 10


def test_with_on_published_delete(table, purge):
    delete = {"outbox": {"on_published": "delete"}}
    result = purge("--older-than", "0s", config=delete).expect(0)
    assert ": deleted 0 rows, " in result.stdout and "nothing to purge with outbox.on_published" in result.stdout
    fill_old(table, 10)  # from before on_published was changed
    result = purge("--older-than", "7d", config=delete).expect(0)
    assert ": deleted 10 rows, " in result.stdout and "nothing to purge" not in result.stdout


def test_bad_use(schema, purge):
    assert "--older-than TIME" in purge().expect(USAGE).stderr
    assert "--older-than TIME" in purge("--older-than", "200000d").expect(USAGE).stderr
    purge("--older-than", "7").expect(USAGE)
    assert "schema apply" in purge("--older-than", "7d").expect(CONFIGURATION).stderr
