# SPDX-License-Identifier: Apache-2.0
"""Without ordering, relays and lanes side by side share the work, and no row is sent twice."""

import pytest

from support.observer import judge

BOTH = "SELECT count(DISTINCT application_name) FROM pg_stat_activity WHERE application_name LIKE 'relay-%' " \
       "AND datname = current_database()"


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("ordering", ["none"])
def test_two_relays(outrider, outbox, settled, observer, db, topic):
    outbox.note_who_marks()
    outbox.slow_marks(0.02)
    daemons = [outrider.run("-o", "outbox.batch_size=50", "-o", f"database.application_name=relay-{n}")
               for n in range(2)]
    daemons[0].wait_until(lambda: db.execute(BOTH).fetchone()[0] == 2, 10, "both relays connected")
    outbox.fill(topic, 4000)
    ledger = outbox.ledger()
    settled(daemons[0])
    ids = {entry.message_id for entry in ledger.committed}
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect(order=False)
    shares = outbox.who_marked()
    assert sum(shares.values()) == 4000
    assert min(shares.get("relay-0", 0), shares.get("relay-1", 0)) >= 400, shares


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("ordering", ["none"])
def test_two_lanes(outrider, outbox, settled, observer, topic):
    outbox.fill(topic, 4000)
    ledger = outbox.ledger()
    daemon = outrider.run("-o", "outbox.batch_size=50", "-o", "outbox.lanes=2")
    settled(daemon)
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect(order=False)
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("ordering", ["none"])
def test_the_other_goes_on_when_one_is_killed(outrider, outbox, writers, settled, observer, topic):
    daemons = [outrider.run("-o", "outbox.batch_size=20") for _ in range(2)]
    load = writers(threads=2, transactions=300)
    daemons[0].wait_until(lambda: outbox.published() > 100, 20, "rows on their way")
    daemons[0].kill()
    ledger = load.join()
    settled(daemons[1])
    verdict = judge(observer.read(topic), ledger, outbox.marked_ids())
    verdict.assert_nothing_lost()
    assert not verdict.unmarked_but_arrived
