# SPDX-License-Identifier: Apache-2.0
"""Per topic and key, first deliveries come in row order, with one relay and with four."""

import pytest

from support.observer import judge


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
