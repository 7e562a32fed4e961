# SPDX-License-Identifier: Apache-2.0
"""What a look at the table reads does not grow with rows that were published and that vacuum may not remove yet, nor
with the queue, whatever the statistics say: an ANALYZE that met only published rows takes the queue's index for empty."""

import pytest

PUBLISHED = 3000
# Entries of the queue's index that were read, and how often any was looked into. With slots the queue has indexes of its own.
READ = ("SELECT max(idx_tup_read) FILTER (WHERE indexrelname = 'outbox_messages_outrider_claim'), sum(idx_scan)::bigint "
        "FROM pg_stat_user_indexes WHERE relname = 'outbox_messages' AND indexrelname ~ 'outrider'")


@pytest.fixture
def version():
    return 2


@pytest.fixture
def published(outrider, outbox, connect, db, topic, settled):
    """A relay, on a table with so many published rows, which a snapshot keeps from being removed."""
    holder = connect(autocommit=False)
    holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    holder.execute("SELECT count(*) FROM outbox_messages")
    outbox.fill(topic, PUBLISHED)
    daemon = outrider.run()
    settled(daemon)
    db.execute("ANALYZE outbox_messages")
    yield daemon
    holder.rollback()


def look(db, daemon, times):
    """Waits for so many index scans more; what all of them read."""
    before = db.execute(READ).fetchone()
    daemon.wait_until(lambda: db.execute(READ).fetchone()[1] >= before[1] + times, 60, "so many looks")
    return db.execute(READ).fetchone()[0] - before[0]


@pytest.mark.parametrize("slots", [1, 4])
def test_idle_looks(published, db, slots):
    look(db, published, 20)  # those from before
    assert look(db, published, 100) < 5 * PUBLISHED  # a sweep reads them, every few seconds


def test_windows(published, outbox, db, topic, settled):
    look(db, published, 20)
    before = db.execute(READ).fetchone()[0]
    for _ in range(40):
        outbox.insert(topic)
        settled(published)
    look(db, published, 20)
    assert db.execute(READ).fetchone()[0] - before < 10 * PUBLISHED


@pytest.mark.parametrize("slots", [1, 4])
def test_rows_behind_waiting_heads(published, outbox, db, topic, slots):
    waiting, rest = 50, 2000
    before = db.execute(READ).fetchone()[0]
    with db.transaction():
        outbox.fill(topic, waiting, aggregates=waiting, prefix="w")
        outbox.run("UPDATE {table} SET next_attempt_at = now() + interval '1 hour', retry_count = 1 "
                   "WHERE starts_with(aggregate_id, 'w-')")
        outbox.fill(topic, waiting, aggregates=waiting, prefix="w")
        outbox.fill(topic, rest, aggregates=rest)
    published.wait_until(lambda: outbox.unpublished() == 2 * waiting, 60, "the others published")
    look(db, published, 20)
    assert outbox.unpublished() == 2 * waiting
    assert db.execute(READ).fetchone()[0] - before < 20 * (PUBLISHED + rest)
