# SPDX-License-Identifier: Apache-2.0
"""A schema command works beside writers, relays, other schema commands and forgotten transactions:
no writer waits behind it for longer than the lock time-out, and nothing is rewritten or lost."""

import contextlib
import threading
import time

import pytest

from support import schema as tables
from support.outbox import Outbox
from support.process import wait_until

INSERT = "INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) " \
         "VALUES (gen_random_uuid(), 'order', %s, 'orders', '{}')"
GUARD = "'outbox_messages'::regclass::oid::bigint::bit(32)::integer, -1"
QUICK = {"database": {"lock_timeout": "20ms"}}


@pytest.fixture
def outbox(db):
    return Outbox(db)


def finish(child, code=0, timeout=120):
    """Waits for a command in the background; its (stdout, stderr)."""
    output = child.communicate(timeout=timeout)
    assert child.returncode == code, output
    return output


class Inserts:
    """Inserts a row every few milliseconds on a connection of its own; knows the longest wait."""

    def __init__(self, connect, name="w"):
        self.connection = connect()
        self.name = name
        self.count = 0
        self.longest = 0.0
        self.errors = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self):
        try:
            while not self._stop.wait(0.002):
                started = time.monotonic()
                self.connection.execute(INSERT, (f"{self.name}-{self.count}",))
                self.longest = max(self.longest, time.monotonic() - started)
                self.count += 1
        except Exception as error:
            self.errors.append(repr(error))

    def stop(self):
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive() and not self.errors, self.errors
        return self


@contextlib.contextmanager
def inserting(connect, writers=2):
    started = [Inserts(connect, f"w{n}") for n in range(writers)]
    try:
        yield started
    finally:
        for one in started:
            one.stop()


def test_two_applies_at_once(schema, db, connect):
    db.execute(tables.ALEMBIC)
    writer = connect(autocommit=False)
    writer.execute(INSERT, ("a",))
    first = schema.start("apply")
    assert "locked by pid" in first.stderr.readline()
    second = schema.start("apply")
    assert "another schema command (pid " in (line := second.stderr.readline()) and "user postgres, appl" in line
    writer.commit()
    finish(first)
    output, rest = finish(second)
    assert output == "outbox_messages: version 2\n"
    assert rest == ""
    assert schema.version() == 2


def test_two_applies_at_once_on_an_empty_database(schema, db, connect):
    """The name is locked while there is no table."""
    db.execute("CREATE FUNCTION wait() RETURNS event_trigger LANGUAGE plpgsql AS "
               "$$ BEGIN PERFORM pg_advisory_xact_lock(42); END $$; "
               "CREATE EVENT TRIGGER wait ON ddl_command_start EXECUTE FUNCTION wait()")
    blocker = connect(autocommit=False)
    blocker.execute("SELECT pg_advisory_xact_lock(42)")
    first = schema.start("apply")
    assert "try 1 of 60" in first.stderr.readline()
    second = schema.start("apply")
    assert "another schema command (pid " in second.stderr.readline()
    blocker.commit()
    finish(first)
    _, rest = finish(second)
    assert rest == ""
    assert schema.version() == 2


def test_apply_and_revert_at_once_end_at_a_version(schema, db):
    db.execute(tables.ALEMBIC)
    children = [schema.start(command) for command in ("apply", "revert", "apply", "revert", "apply")]
    for child in children:
        child.communicate(timeout=60)
        assert child.returncode in (0, 1)
    schema("apply").expect(0)
    assert schema.version() == 2


def test_no_writer_waits_longer_than_the_lock_timeout(schema, db, connect):
    """Somebody forgot a transaction that wrote to the table: each try gives way again."""
    db.execute(tables.ALEMBIC)
    forgotten = connect(autocommit=False)
    forgotten.execute(INSERT, ("forgotten",))
    with inserting(connect) as writers:
        child = schema.start("apply", config={"database": {"lock_timeout": "150ms"}})
        for _ in range(2):  # tries 1 and 6
            assert f"locked by pid {forgotten.info.backend_pid} (test, idle in transaction" in child.stderr.readline()
        forgotten.commit()
        finish(child)
    assert all(one.count > 50 for one in writers)
    assert max(one.longest for one in writers) < 0.15 + 0.5  # and what a busy machine adds
    assert Outbox(db).value("SELECT count(*) FROM {table} WHERE seq IS NULL") == 0


def test_it_gives_up_naming_who_is_in_the_way(schema, db, connect):
    db.execute(tables.ALEMBIC)
    before = schema.dump()
    forgotten = connect(autocommit=False)
    forgotten.execute(INSERT, ("forgotten",))
    _, said = finish(schema.start("apply", config=QUICK), code=75)
    assert f"pid {forgotten.info.backend_pid} (test, idle in transaction" in said.splitlines()[-1]
    assert schema.dump() == before
    forgotten.commit()
    schema("apply").expect(0)


def test_a_revert_that_was_killed_goes_on(schema, db, connect):
    """Its indexes wait for the transactions that may use them; version 1 is in force by then."""
    db.execute(tables.ALEMBIC)
    before = schema.dump()
    schema("apply").expect(0)
    forgotten = connect(autocommit=False)
    forgotten.execute(INSERT, ("forgotten",))
    child = schema.start("revert")
    dropping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DROP INDEX%' AND wait_event_type = 'Lock' " \
               "AND datname = current_database()"
    wait_until(lambda: db.execute(dropping).fetchone()[0] == 1, 20, "DROP INDEX waits")
    child.kill()
    child.communicate()
    assert schema.version() == 1
    forgotten.commit()
    schema("revert").expect(0)
    assert schema.dump() == before


def test_it_comes_between_two_windows_of_a_relay(schema, db, connect):
    """A relay holds the guard shared through each window: neither the columns nor the version come in one."""
    db.execute(tables.ALEMBIC)
    before = schema.dump()
    relay = connect(autocommit=False)
    relay.execute(f"SELECT pg_try_advisory_xact_lock_shared({GUARD})")
    _, said = finish(schema.start("apply", config={"database": {"lock_timeout": "5ms"}}), code=75)
    assert f"pid {relay.info.backend_pid}" in said.splitlines()[-1]
    assert schema.dump() == before
    child = schema.start("apply")
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    wait_until(lambda: db.execute(waiting).fetchone()[0] == 1, 20, "apply waits for the guard")
    # No relay begins a window now, so apply's turn comes.
    assert db.execute(f"SELECT pg_try_advisory_xact_lock_shared({GUARD})").fetchone() == (False,)
    relay.commit()
    finish(child)
    assert schema.version() == 2


def test_nothing_is_rewritten(schema, db, outbox):
    db.execute(tables.ALEMBIC)
    outbox.fill("orders", 100)
    file = "SELECT pg_relation_filenode('outbox_messages')"
    before = db.execute(file).fetchone()
    schema("apply").expect(0)
    assert db.execute(file).fetchone() == before
    schema("revert").expect(0)
    assert db.execute(file).fetchone() == before


def test_rows_held_locked_keep_their_place(schema, db, connect, outbox):
    """More rows than a batch has, some of them published meanwhile, as a relay of version 1 does."""
    db.execute(tables.ALEMBIC)
    outbox.fill("orders", 12_000, aggregates=12_001)
    schema("apply").expect(0)
    db.execute("UPDATE outbox_messages_outrider SET version = 1")
    db.execute("UPDATE outbox_messages SET seq = NULL")
    relay = connect(autocommit=False)
    relay.execute("SELECT FROM outbox_messages ORDER BY created_at LIMIT 6000 FOR UPDATE")
    child = schema.start("apply")
    wait_until(lambda: outbox.value("SELECT count(*) FROM {table} WHERE seq IS NULL") == 6000, 30, "the others")
    relay.execute("UPDATE outbox_messages SET published = true WHERE created_at <= "
                  "(SELECT created_at FROM outbox_messages ORDER BY created_at OFFSET 999 LIMIT 1)")
    relay.commit()
    finish(child)
    rows = outbox.run("SELECT {aggregate_id}, seq FROM {table} WHERE NOT published ORDER BY created_at").fetchall()
    assert rows == [(f"a-{n}", n) for n in range(1001, 12_001)]
    assert outbox.value("SELECT count(*) FROM {table} WHERE published AND seq IS NULL") == 1000
    assert schema.version() == 2


def test_a_numbering_that_was_killed_goes_on_with_the_same_numbers(schema, db, connect, outbox):
    db.execute(tables.ALEMBIC)
    outbox.fill("orders", 12_000, aggregates=12_001)
    schema("apply").expect(0)
    db.execute("UPDATE outbox_messages_outrider SET version = 1")
    db.execute("UPDATE outbox_messages SET seq = NULL")
    holder = connect(autocommit=False)
    holder.execute("SELECT FROM outbox_messages WHERE aggregate_id IN ('a-1', 'a-5', 'a-6', 'a-7000', 'a-12000') FOR UPDATE")
    child = schema.start("apply")
    wait_until(lambda: outbox.value("SELECT count(*) FROM {table} WHERE seq IS NULL") == 5, 30, "the others")
    child.kill()
    child.communicate()
    # Sent and deleted, as with on_published: delete.
    db.execute("DELETE FROM outbox_messages WHERE aggregate_id IN ('a-2', 'a-4', 'a-6999')")
    holder.commit()
    schema("apply").expect(0)
    rows = outbox.run("SELECT {aggregate_id}, seq FROM {table} ORDER BY seq").fetchall()
    assert [row[0] for row in rows] == [f"a-{n}" for n in range(1, 12_001) if n not in (2, 4, 6999)]
    assert len({row[1] for row in rows}) == len(rows)


def test_rows_locked_for_ever_are_named(schema, db, connect, outbox):
    db.execute(tables.ALEMBIC)
    outbox.fill("orders", 10)
    schema("apply").expect(0)
    db.execute("UPDATE outbox_messages_outrider SET version = 1")
    db.execute("UPDATE outbox_messages SET seq = NULL")
    holder = connect(autocommit=False)
    holder.execute("SELECT FROM outbox_messages LIMIT 1 FOR UPDATE")
    _, said = finish(schema.start("apply", config=QUICK), code=75)
    assert "numbers: no lock in 60 tries" in said and f"pid {holder.info.backend_pid}" in said
    holder.commit()
    schema("apply").expect(0)
    assert schema.version() == 2


def test_an_autovacuum_at_work_gives_way(schema, db, outbox):
    """It would not for a lock that is waited for no longer than deadlock_timeout (1 s, as lock_timeout)."""
    db.execute(tables.ALEMBIC)
    db.execute("ALTER TABLE outbox_messages SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, "
               "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)")
    outbox.fill("orders", 30_000)
    db.execute("DELETE FROM outbox_messages WHERE random() < 0.5")
    wait_until(lambda: db.execute("SELECT count(*) FROM pg_stat_progress_vacuum WHERE datname = current_database()")
               .fetchone()[0] == 1, 60, "autovacuum at work")
    started = time.monotonic()
    schema("apply").expect(0)
    assert time.monotonic() - started < 20
    db.execute("ALTER TABLE outbox_messages SET (autovacuum_enabled = false)")


def test_a_large_table_while_writers_write(schema, db, connect, outbox):
    db.execute(tables.ALEMBIC)
    db.execute("INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload, published, created_at) "
               "SELECT gen_random_uuid(), 'order', 'a-' || n, 'orders', '{}', n <= 200000, "
               "now() - interval '10 min' + n * interval '1 microsecond' FROM generate_series(1, 300000) n")
    with inserting(connect) as writers:
        schema("apply").expect(0)
    written = sum(one.count for one in writers)
    assert written > 100
    assert max(one.longest for one in writers) < 1.0 + 0.5
    assert schema.version() == 2
    assert outbox.value("SELECT count(*) FROM {table} WHERE NOT published") == 100_000 + written
    assert outbox.value("SELECT count(*) FROM {table} WHERE NOT published AND seq IS NULL") == 0
    assert outbox.value("SELECT count(*) FROM {table} WHERE seq <> substr({aggregate_id}, 3)::bigint - 200000 "
                        "AND {aggregate_id} LIKE 'a-%%'") == 0
    for one in writers:  # a writer's rows in the order it wrote them
        order = outbox.run("SELECT {aggregate_id} FROM {table} WHERE {aggregate_id} LIKE %s ORDER BY seq",
                           f"{one.name}-%").fetchall()
        numbered = [int(row[0].split("-")[1]) for row in order]
        before = numbered.index(min(numbered))
        assert before == 0 and numbered == sorted(numbered)
