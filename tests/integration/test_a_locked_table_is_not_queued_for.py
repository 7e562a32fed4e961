# SPDX-License-Identifier: Apache-2.0
"""The whole table is locked, as by ALTER TABLE: nobody waits in that lock's queue for longer than lock_timeout."""

import pytest

WAITERS = """SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass"""
LIMITS = {"database": {"lock_timeout": "200ms", "statement_timeout": "30s"}}


@pytest.fixture
def locked(outbox, connect):
    """Locks the table; the connection that does."""
    holder = connect(autocommit=False)

    def lock():
        holder.execute(outbox.statement("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        return holder

    return lock


@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 2)])
def test_an_idle_relay(outrider, outbox, supervisor, settled, locked, topic):
    """Its poll gives up, says why, and leaves no backend behind; it goes on when the lock is gone."""
    daemon = outrider.run(env=supervisor.env, config=LIMITS)
    supervisor.wait_for("STATUS=idle, ")
    holder = locked()
    daemon.wait_until(lambda: len(daemon.failures("window_failed")) >= 3, 20, "three tries")
    codes = {event["code"] for event in daemon.events() if event["event"] == "window_failed"}
    assert codes == {"55P03"}
    daemon.wait_until(lambda: outbox.value(WAITERS) == 0, 5, "an empty queue between two tries")
    holder.rollback()
    outbox.fill(topic, 10)
    settled(daemon)
    assert daemon.terminate() == 0


@pytest.mark.usefixtures("outbox")
def test_who_looks(outrider, locked):
    """status says so soon, and drain looks again until --give-up."""
    locked()
    result = outrider.command("status", config=LIMITS).expect(69)
    assert "lock timeout" in result.stderr and result.seconds < 10
    result = outrider.drain("--give-up", "1s", config=LIMITS).expect(69)
    assert "lock timeout" in result.stderr and result.seconds < 10
