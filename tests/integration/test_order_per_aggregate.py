# SPDX-License-Identifier: Apache-2.0
"""Per topic and key, first deliveries come in row order, with one relay and with four."""

import pytest

from support.observer import judge

# A relay in the middle of a slow mark (Outbox.slow_marks).
MARKING = """
SELECT 1 FROM pg_stat_activity WHERE application_name = 'outrider' AND wait_event = 'PgSleep'
   AND datname = current_database()
"""


@pytest.mark.parametrize("relays", [1, 4])
@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("version", [2])
def test_four_writers(outrider, outbox, writers, settled, observer, topic, relays):
    daemons = [outrider.run("-o", "outbox.batch_size=25", "-o", f"database.application_name=relay-{n}")
               for n in range(relays)]
    ledger = writers(threads=4, transactions=250, aggregates=10, rows=4, hold_ms=8).join()
    settled(daemons[0])
    ids = {entry.message_id for entry in ledger.committed}
    verdict = judge(observer.read(topic), ledger, outbox.marked_ids(ids))
    verdict.assert_perfect()
    assert [daemon.terminate() for daemon in daemons] == [0] * relays


def test_version_1_sends_in_created_at_order(outrider, outbox, settled, observer, topic):
    outbox.fill(topic, 2000, aggregates=20)
    ledger = outbox.ledger()
    daemon = outrider.run("-o", "outbox.batch_size=64")
    settled(daemon)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect()


def test_version_1_says_once_what_it_cannot_promise(outrider, outbox, settled, topic):
    daemon = outrider.run()
    for n in range(3):
        outbox.insert(topic, aggregate=f"a-{n}")
        settled(daemon, timeout=10)
    said = [line for line in daemon.text().splitlines() if "version 2" in line and "order" in line]
    assert len(said) == 1, daemon.text()


@pytest.mark.parametrize("version", [1, 2])
def test_four_relays_send_each_row_once(outrider, outbox, settled, observer, topic):
    outbox.note_who_marks()
    outbox.slow_marks(0.01)
    outbox.fill(topic, 3000)
    ledger = outbox.ledger()
    daemons = [outrider.run("-o", "outbox.batch_size=50", "-o", f"database.application_name=relay-{n}")
               for n in range(4)]
    settled(daemons[0])
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect()
    assert sum(outbox.who_marked().values()) == 3000


@pytest.mark.parametrize("version", [2])
def test_a_transaction_that_commits_late_is_overtaken_by_no_later_one(
    outrider, outbox, connect, settled, observer, topic
):
    daemon = outrider.run()
    expected = []
    for n in range(5):
        with connect(autocommit=False) as late:
            expected.append(outbox.insert(topic, aggregate="late", connection=late))
            for other in range(20):  # numbers above the late one's, published one by one: the floor would rise
                passed = outbox.insert(topic, aggregate=f"other-{other}")
                daemon.wait_until(lambda: outbox.row(passed)[0], 5, "a row with a later number")
            late.commit()
        expected.append(outbox.insert(topic, aggregate="late"))
        settled(daemon, timeout=10)
        arrived = [record.message_id for record in observer.read(topic) if record.key == b"late"]
        assert arrived == expected, f"round {n}"


@pytest.fixture
def torn(outrider, outbox, connect, db, settled, topic):
    """A relay in the middle of a window, and the first and the last row of a transaction that has just committed: the
    window's claims have passed the place of the one and not come to that of the other."""
    db.execute("CREATE TABLE pace AS SELECT 0::float AS seconds")
    outbox.slow_marks("(SELECT seconds FROM pace)")
    daemon = outrider.run("-o", "outbox.batch_size=2")
    outbox.insert(topic)  # or the window would be a careful one
    settled(daemon, timeout=10)
    db.execute("UPDATE pace SET seconds = 1.5")
    with connect(autocommit=False) as before, connect(autocommit=False) as writer:
        before.execute("SELECT pg_current_xact_id()")  # what is newer than the writer ends the window
        first = outbox.insert(topic, aggregate="torn", connection=writer)
        for n in range(6):  # three batches: the fourth claim comes behind the first marks
            outbox.insert(topic, aggregate=f"before-{n}", connection=before)
        last = outbox.insert(topic, aggregate="torn", connection=writer)
        before.commit()
        daemon.wait_until(lambda: db.execute(MARKING).fetchone(), 10, "the window's first mark")
    db.execute("UPDATE pace SET seconds = 0")
    return daemon, first, last


@pytest.mark.parametrize("version", [2])
def test_a_transaction_that_commits_inside_a_window_is_not_torn(torn, settled, observer, topic):
    daemon, first, last = torn
    settled(daemon, timeout=20)
    assert [record.message_id for record in observer.read(topic) if record.key == b"torn"] == [first, last]


@pytest.mark.parametrize("version", [2])
def test_nor_when_its_last_row_is_locked(torn, outbox, connect, observer, topic):
    daemon, first, last = torn
    with connect(autocommit=False) as holder:
        holder.execute(outbox.statement("SELECT FROM {table} WHERE {id} = %s FOR UPDATE"), (last,))
        daemon.wait_for_log("rows_locked", timeout=10)
    daemon.wait_until(lambda: outbox.row(last)[0], 10, "the row that was locked")
    assert [record.message_id for record in observer.read(topic) if record.key == b"torn"] == [first, last]
