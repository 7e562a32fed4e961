# SPDX-License-Identifier: Apache-2.0
"""Everything works through PgBouncer in transaction mode, which shares its server connections."""

import psycopg
import pytest

from support import outrider as relay
from support.observer import judge


@pytest.fixture
def pooled(outrider, pgbouncer, database):
    """The relay behind the pooler; the tests and the writers stay beside it."""
    outrider.config = relay.merge(outrider.config, {"database": {"dsn": pgbouncer.dsn(database)}})


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 4)])
def test_two_relays_and_writers(
    outrider, outbox, pooled, writers, settled, observer, topic, version, ordering
):
    daemons = [outrider.run("-o", "outbox.batch_size=25") for _ in range(2)]
    ledger = writers(threads=3, transactions=120).join()
    settled(daemons[0])
    ids = {entry.message_id for entry in ledger.committed}
    ordered = version > 1 and ordering == "key"
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect(order=ordered)
    assert [daemon.terminate() for daemon in daemons] == [0, 0]


@pytest.mark.parametrize("version", [1, 2])
def test_drain(outrider, outbox, pooled, observer, topic):
    outbox.fill(topic, 1200)
    ledger = outbox.ledger()
    outrider.drain().expect(0)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect()


@pytest.mark.parametrize("version", [1, 2])
def test_a_locked_row(outrider, outbox, pooled, connect, settled, observer, topic):
    locked = outbox.insert(topic, aggregate="held", age=5)
    outbox.fill(topic, 300)
    ledger = outbox.ledger()
    holder = connect(autocommit=False)
    holder.execute(outbox.statement("SELECT FROM {table} WHERE {id} = %s FOR UPDATE"), (locked,))
    daemon = outrider.run("-o", "outbox.batch_size=50")
    daemon.wait_until(lambda: outbox.published() == 300, 5, "all rows but the locked one")
    holder.rollback()
    settled(daemon, timeout=10)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect()


@pytest.mark.parametrize("version", [1, 2])
def test_nothing_is_left_behind_on_the_server(outrider, outbox, pooled, settled, pgbouncer, db, topic):
    daemon = outrider.run()
    outbox.fill(topic, 100)
    settled(daemon)
    assert daemon.terminate() == 0
    assert db.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
                      "(SELECT oid FROM pg_database WHERE datname = current_database())").fetchone()[0] == 0
    fresh = psycopg.connect(pgbouncer.dsn(db.info.dbname), autocommit=True, prepare_threshold=None)
    for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        assert fresh.execute(f"SHOW {setting}").fetchone()[0] == "0", setting
    fresh.close()


@pytest.mark.parametrize("version", [1, 2])
def test_the_other_takes_over_when_one_is_killed(outrider, outbox, pooled, writers, settled, observer, topic):
    daemons = [outrider.run("-o", "outbox.batch_size=20") for _ in range(2)]
    load = writers(threads=2, transactions=400)
    daemons[1].wait_until(lambda: outbox.published() > 100, 20, "rows on their way")
    daemons[0].kill()
    ledger = load.join()
    settled(daemons[1])
    verdict = judge(observer.read(topic), ledger, outbox.marked_ids())
    verdict.assert_nothing_lost()
    assert not verdict.unmarked_but_arrived
