# SPDX-License-Identifier: Apache-2.0
"""The table changes its version while writers write and relays relay: no writer waits longer than
the lock time-out, and nothing is lost, sent twice or out of the order that is promised."""

import threading
import time

import pytest

from support.observer import Entry, Ledger, judge

INSERT = "INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}) " \
         "VALUES (gen_random_uuid(), 'order', %s, %s, '{{}}')"
SENT = "SELECT {id}::text, {event_type}, {aggregate_id}, row_number() OVER (PARTITION BY {aggregate_id} " \
       "ORDER BY {created_at}, {id}) FROM {table} WHERE NOT published OR published_at IS NOT NULL"
# Version 1 sends in the order of created_at, which a transaction has before it can be seen: while an INSERT waits for
# ALTER TABLE, the rows of others pass it by, and so may, a little later, one of its own aggregate.
PROMISED = "SELECT {id}::text FROM {table} WHERE {aggregate_id} LIKE 'old-%%' OR {published_at} BETWEEN %s AND %s"


class Writer:
    """One row a transaction, to aggregates that nobody else writes to: so created_at, the order of
    version 1, is the order in which the rows of an aggregate were committed."""

    def __init__(self, connect, outbox, topic, name):
        self.longest = 0.0
        self.error = None
        self._insert = outbox.statement(INSERT)
        self._connection = connect()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(topic, name), daemon=True)
        self._thread.start()

    def _work(self, topic, name):
        number = 0
        try:
            while not self._stop.wait(0.003):
                started = time.monotonic()
                self._connection.execute(self._insert, (f"{name}-{number % 5}", topic))
                self.longest = max(self.longest, time.monotonic() - started)
                number += 1
        except Exception as error:  # raised by stop, in the test's own thread
            self.error = error

    def stop(self):
        self._stop.set()
        self._thread.join(30)
        if self.error:
            raise self.error


def assert_kept(outbox, observer, topic, *version_2):
    """Of the rows that were there to be sent: every one once, and those in order that were there before all writers or
    went while version 2 was in force, between these two times."""
    ledger = Ledger()
    ledger.committed = [Entry(*row) for row in outbox.run(SENT).fetchall()]
    verdict = judge(observer.read(topic, timeout=120), ledger, outbox.marked_ids())
    verdict.assert_perfect(order=False)
    promised = {row[0] for row in outbox.run(PROMISED, *version_2).fetchall()}
    keys = {entry.message_id: entry.key for entry in ledger.committed}
    broken = [(keys[earlier], earlier, later) for earlier, later in verdict.order_violations
              if {earlier, later} <= promised]
    assert not broken, f"{verdict}: {broken[:5]}"


@pytest.mark.parametrize("rows, backlog", [(20_000, 10_000), (1_000_000, 60_000)])
def test_apply_and_revert(outrider, outbox, connect, settled, observer, topic, db, rows, backlog):
    """A table that keeps its published rows, with a backlog."""
    outbox.run("INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}, {published}, "
               "{created_at}) SELECT gen_random_uuid(), 'order', 'old-' || n %% 50, %s, '{{}}', n <= %s, "
               "now() - interval '1 hour' + n * interval '1 microsecond' FROM generate_series(1, %s) n",
               topic, rows - backlog, rows)
    db.execute("ANALYZE outbox_messages")
    daemons = [outrider.run("-o", "outbox.batch_size=200") for _ in range(2)]
    writers = [Writer(connect, outbox, topic, f"w{n}") for n in range(3)]
    daemons[0].wait_until(lambda: outbox.value("SELECT count(*) > 500 FROM {table} WHERE published_at IS NOT NULL"), 30,
                          "rows on their way")
    applied = outrider.command("schema", "apply", timeout=160)
    since = outbox.value("SELECT clock_timestamp()")
    sent = outbox.value("SELECT count(*) FROM {table} WHERE published_at IS NOT NULL")
    daemons[0].wait_until(lambda: outbox.value("SELECT count(*) > %s FROM {table} WHERE published_at IS NOT NULL",
                                               sent + 500), 30, "the relay goes on with version 2")
    until = outbox.value("SELECT clock_timestamp()")
    reverted = outrider.command("schema", "revert", timeout=160)
    sent = outbox.value("SELECT count(*) FROM {table} WHERE published_at IS NOT NULL")
    daemons[0].wait_until(lambda: outbox.value("SELECT count(*) > %s FROM {table} WHERE published_at IS NOT NULL",
                                               sent + 500), 30, "the relay goes on with version 1")
    for writer in writers:
        writer.stop()
    settled(daemons[0], timeout=120)
    assert [daemon.terminate() for daemon in daemons] == [0, 0]
    applied.expect(0)
    reverted.expect(0)
    assert_kept(outbox, observer, topic, since, until)
    assert max(writer.longest for writer in writers) < 1.0 + 0.5
