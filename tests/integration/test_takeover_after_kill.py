# SPDX-License-Identifier: Apache-2.0
"""When the active relay is killed, another takes over within 2 s, and nothing is lost."""

import time

import pytest

from support.observer import judge
from support.process import wait_until

ROUNDS = 3
BATCH = 25

# Who holds a slot: an advisory lock of two numbers (objsubid 2), exclusive.
HOLDER = """
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.mode = 'ExclusiveLock' AND l.granted
   AND a.datname = current_database() AND a.application_name LIKE 'relay-%'
"""


@pytest.mark.parametrize("version", [1, 2])
def test_within_two_seconds(outrider, outbox, writers, settled, observer, db, topic, version):
    relays = {}

    def start(n):
        name = f"relay-{n}"
        relays[name] = outrider.run("-o", f"database.application_name={name}",
                                    "-o", f"outbox.batch_size={BATCH}")
        wait_until(lambda: db.execute("SELECT 1 FROM pg_stat_activity WHERE application_name = %s",
                                      (name,)).fetchone(), 10, f"{name} connected")

    start(0)
    start(1)
    load = writers(threads=2, transactions=10_000, rows=2, hold_ms=4)
    probes = []
    for n in range(ROUNDS):
        before = outbox.published()
        wait_until(lambda: outbox.published() > before + 50, 20, "rows on their way")
        active = wait_until(lambda: db.execute(HOLDER).fetchone(), 20, "an active relay", every=0.002)[0]
        relays.pop(active).kill()
        killed = time.monotonic()
        probes.append(outbox.insert(topic, '{"version": 0}', aggregate=f"probe-{n}"))
        wait_until(lambda: outbox.row(probes[-1])[0], 10, "the probe row")
        assert time.monotonic() - killed <= 2.0
        start(n + 2)
    load.stop()
    ledger = load.join()
    settled()
    records = [record for record in observer.read(topic) if record.message_id not in probes]
    verdict = judge(records, ledger, outbox.marked_ids())
    verdict.assert_nothing_lost()
    assert not verdict.unmarked_but_arrived
    if version > 1:
        assert not verdict.order_violations, str(verdict)
