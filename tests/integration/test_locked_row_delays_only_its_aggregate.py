# SPDX-License-Identifier: Apache-2.0
"""A row that somebody else holds locked delays its aggregate only, and costs no mark."""

import pytest

from support.observer import judge

# Row n of a fill of 500 belongs to aggregate a-<n mod 50>: behind row 275, in a-25, are 4 more.
ROWS, AGGREGATES, LOCKED, BEHIND = 500, 50, 275, 4


@pytest.fixture
def locked(outbox, connect, topic):
    """500 rows, the 275th locked by a transaction that stays open; (its id, the connection)."""
    outbox.fill(topic, ROWS, aggregates=AGGREGATES)
    holder = connect(autocommit=False)
    (message_id,) = holder.execute(outbox.statement(
        # In a subquery: FOR UPDATE beside OFFSET also locks the rows that are skipped.
        "SELECT {id}::text FROM {table} WHERE {id} ="
        " (SELECT {id} FROM {table} ORDER BY {created_at} OFFSET %s LIMIT 1) FOR UPDATE"
    ), (LOCKED - 1,)).fetchone()
    return message_id, holder


@pytest.mark.parametrize("ordering, on_published", [("key", "mark"), ("key", "delete"), ("none", "mark")])
@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 4)])
def test_everybody_else_is_published_and_marked(
    outrider, outbox, locked, settled, observer, topic, ordering
):
    message_id, holder = locked
    ledger = outbox.ledger()
    ids = {entry.message_id for entry in ledger.committed}
    daemon = outrider.run("-o", "outbox.batch_size=50")
    left = 1 + (BEHIND if ordering == "key" else 0)
    daemon.wait_until(lambda: outbox.unpublished() == left, 4, f"all but {left} rows marked")

    arrived = observer.read(topic)
    verdict = judge(arrived, ledger, outbox.marked_ids(ids))
    assert not verdict.unmarked_but_arrived and not verdict.duplicates, str(verdict)
    assert len(verdict.lost) == left and message_id in verdict.lost

    holder.rollback()
    settled(daemon, timeout=10)
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect(order=ordering == "key")
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 4)])
def test_later_rows_of_others_flow_while_it_is_locked(outrider, outbox, connect, observer, topic):
    first = outbox.insert(topic, aggregate="held")
    holder = connect(autocommit=False)
    holder.execute(outbox.statement("SELECT FROM {table} WHERE {id} = %s FOR UPDATE"), (first,))
    daemon = outrider.run()
    second = outbox.insert(topic, aggregate="held")
    for n in range(20):
        other = outbox.insert(topic, aggregate=f"free-{n}")
        daemon.wait_until(lambda: outbox.row(other)[0], 2, "a row of another aggregate")
    assert not outbox.row(first)[0] and not outbox.row(second)[0]
    assert {record.key for record in observer.read(topic)} == {b"free-%d" % n for n in range(20)}
    holder.rollback()
    daemon.wait_until(lambda: outbox.row(second)[0], 5, "the rows that were held back")
    assert [record.message_id for record in observer.read(topic) if record.key == b"held"] == [
        first, second]


@pytest.mark.parametrize("version", [1, 2])
def test_the_holder_is_named(outrider, outbox, locked, settled, topic):
    _, holder = locked
    daemon = outrider.run()
    daemon.wait_for_log(rf"\b{holder.info.backend_pid}\b", timeout=5)
    holder.rollback()
    settled(daemon, timeout=10)


@pytest.mark.parametrize("version", [1, 2])
def test_a_locked_row_that_its_holder_deletes_is_not_sent(outrider, outbox, locked, settled, observer, topic):
    message_id, holder = locked
    daemon = outrider.run("-o", "outbox.batch_size=50")
    daemon.wait_until(lambda: outbox.unpublished() == 1 + BEHIND, 4, "all other rows marked")
    holder.execute(outbox.statement("DELETE FROM {table} WHERE {id} = %s"), (message_id,))
    holder.commit()
    settled(daemon, timeout=10)
    arrived = [record.message_id for record in observer.read(topic)]
    assert len(arrived) == ROWS - 1 and message_id not in arrived
