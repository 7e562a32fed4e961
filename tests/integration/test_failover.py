# SPDX-License-Identifier: Apache-2.0
"""Two servers in the DSN: when the primary dies, or takes no writes any more, the relay finds the new
one by itself. No row is lost that the new one has, none is blamed, and order is kept."""

import contextlib
import os
import signal

import psycopg
import pytest

from support import outrider as relay
from support import process
from support import replica as replicas
from support.observer import judge
from support.outbox import Outbox
from support.postgres import Postgres
from support.process import wait_until
from support.writer import Writers

BATCH = 25
WRITING = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'writer'"


@pytest.fixture
def postgres(tmp_path, base_dir):
    """A primary of the test's own."""
    path = os.path.join(base_dir, tmp_path.name)
    os.mkdir(path)
    server = Postgres(path)
    try:
        yield server.start()
    finally:
        server.stop_immediately()


@pytest.fixture
def database(postgres):
    return postgres.create_database()


@pytest.fixture
def replica(postgres):
    path = postgres.base + "-replica"
    os.mkdir(path)
    server = replicas.Replica(path, postgres)
    try:
        yield server.start()
    finally:
        server.stop_immediately()


@pytest.fixture
def version():
    return 2


@pytest.fixture
def both(outrider, outbox, postgres, replica, database):
    """The relay with both servers in its DSN."""
    replica.catch_up()
    outrider.config = relay.merge(outrider.config, {
        "database": {"dsn": replicas.dsn([postgres, replica], database)},
        "outbox": {"batch_size": BATCH}})
    return outrider


@pytest.fixture
def load(outbox, postgres, replica, database, topic):
    """Writers that go to whichever server takes writes."""
    started = []

    def start():
        dsn = replicas.dsn([postgres, replica], database, target_session_attrs="read-write",
                           connect_timeout=2, application_name="writer")
        started.append(Writers(lambda: psycopg.connect(dsn), outbox, topic, threads=3,
                               transactions=100_000, hold_ms=10, reconnect=True).start())
        return started[-1]

    yield start
    for one in started:
        one.stop()
        one.join()


def flows(daemon, outbox, rows=100):
    """Waits until so many more rows are published."""
    before = outbox.published()
    daemon.wait_until(lambda: outbox.published() >= before + rows, 30, "rows on their way")


@contextlib.contextmanager
def frozen(server):
    """Stops every process of the server, as a host does that hangs."""
    pids = server.pids()
    for pid in pids:
        process.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            process.kill(pid, signal.SIGCONT)


def finish(daemon, writers, outbox, observer, topic):
    """Ends the load and judges by the rows that the server of `outbox` has. Returns the ledger of
    the writers, and of those rows."""
    writers.stop()
    ledger = writers.join()
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "all rows published")
    there = set(outbox.texts())
    known = {entry.message_id for entry in ledger.committed + ledger.in_doubt}
    records = observer.read(topic)
    assert {record.message_id for record in records} <= known
    survivors = ledger.survivors(there)
    verdict = judge([record for record in records if record.message_id in there], survivors,
                    outbox.marked_ids())
    verdict.assert_nothing_lost()
    assert not verdict.unmarked_but_arrived and not verdict.order_violations, str(verdict)
    assert outbox.row_counts() == (len(there), 0)
    assert daemon.terminate() == 0
    return ledger, survivors


@pytest.mark.parametrize("synchronous", [False, True], ids=["asynchronous", "synchronous"])
def test_primary_dies(both, outbox, postgres, replica, database, load, observer, topic, synchronous):
    if synchronous:
        replicas.configure(postgres, "synchronous_standby_names", "*")
    daemon = both.run()
    writers = load()
    flows(daemon, outbox)
    postgres.kill()
    daemon.wait_until(lambda: daemon.failures("postgres_unavailable"), 20, "both refused")
    cause, words = daemon.failures("postgres_unavailable")[0]
    assert cause == "cluster"
    assert f"port {postgres.port} failed" in words and "session is read-only" in words
    both.command("status").expect(0)  # a standby will do
    both.command("schema", "apply").expect(69)
    replica.promote()
    new = Outbox(replica.connect(database), outbox.table)
    flows(daemon, new)
    ledger, survivors = finish(daemon, writers, new, observer, topic)
    if synchronous:
        there = {entry.message_id for entry in survivors.committed}
        assert {entry.message_id for entry in ledger.committed} <= there


@pytest.mark.parametrize("busy", [True, False], ids=["busy", "idle"])
def test_primary_takes_no_writes_any_more(both, outbox, postgres, replica, database, load, observer,
                                          topic, busy):
    daemon = both.run()
    if busy:
        writers = load()
        flows(daemon, outbox)
    else:
        daemon.wait_for_log('"event":"connected"')
    replicas.configure(postgres, "default_transaction_read_only", "on")
    daemon.wait_until(lambda: daemon.warned_of("25006"), 20, "the relay refused")
    with postgres.connect("postgres") as admin:
        wait_until(lambda: not admin.execute(WRITING).fetchone(), 20, "writers gone")
    replica.catch_up()
    replica.promote()
    new = Outbox(replica.connect(database), outbox.table)
    writers = writers if busy else load()
    flows(daemon, new)
    finish(daemon, writers, new, observer, topic)


def test_dead_letters_are_listed_by_a_replica_and_not_changed(both, outbox, postgres, replica, topic):
    """The primary is away: the dead can be looked at, and retry says why it does nothing."""
    dead = outbox.insert(topic)
    outbox.run("UPDATE {table} SET dead_at = now()")
    replica.catch_up()
    postgres.kill()
    assert dead in both.command("dead", "list").expect(0).stdout
    assert "read-only" in both.command("dead", "retry", dead).expect(69).stderr


def test_primary_freezes(both, postgres, replica, database, outbox, topic):
    daemon = both.run("-o", "database.lock_timeout=100ms", "-o", "database.statement_timeout=500ms",
                      "-o", "database.connect_timeout=1s")
    daemon.wait_for_log('"event":"connected"')
    with frozen(postgres):
        replica.promote()
        new = Outbox(replica.connect(database), outbox.table)
        new.insert(topic)
        daemon.wait_until(lambda: new.row_counts() == (1, 0), 20, "the row at the new primary")
        assert daemon.terminate() == 0
