# SPDX-License-Identifier: Apache-2.0
"""The whole table is locked, as by ALTER TABLE: nobody waits in that lock's queue for long, but for one idle poll."""

import pytest

WAITERS = """SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '{table}'::regclass"""
LIMITS = {"database": {"lock_timeout": "200ms", "statement_timeout": "30s"}}
IDLE = {"database": {"lock_timeout": "200ms", "statement_timeout": "1s"}}


@pytest.fixture
def locked(outbox, connect):
    """Locks the table; the connection that does."""
    holder = connect(autocommit=False)

    def lock():
        holder.execute(outbox.statement("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
        return holder

    return lock


@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 2)])
def test_an_idle_relay(outrider, outbox, supervisor, settled, locked, topic, slots):
    """Its poll gives up, and the next tries say why and leave no further backend behind; it goes on when the lock is
    gone."""
    daemon = outrider.run(env=supervisor.env, config=IDLE)
    supervisor.wait_for("STATUS=idle, ")
    holder = locked()
    daemon.wait_until(lambda: len(daemon.failures("window_failed")) > slots, 20, "a second try")
    codes = [event["code"] for event in daemon.events() if event["event"] == "window_failed"]
    assert set(codes[slots:]) == {"55P03"}
    daemon.wait_until(lambda: outbox.value(WAITERS) == slots, 5, "a queue of each lane's first try only")
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
