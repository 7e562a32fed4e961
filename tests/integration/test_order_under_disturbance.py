# SPDX-License-Identifier: Apache-2.0
"""Nothing is lost and no first delivery is out of order while relays are killed and stopped, their
backends terminated, rows locked, and long transactions held, all at once and under load."""

import random
import re
import time

import pytest

from support.observer import judge
from support.outrider import WINDOW_BATCHES

RELAYS, SECONDS = 3, 15
BATCH = 25


class Disturber:
    """Does one thing after the other to the relays and to the table; counts what can cost copies."""

    def __init__(self, start_relay, outbox, connect, seed):
        self.chance = random.Random(seed)
        self.start_relay, self.outbox, self.connect = start_relay, outbox, connect
        self.relays = [start_relay(n) for n in range(RELAYS)]
        self.admin = connect()
        self.faults = 0

    def kill(self):
        number = self.chance.randrange(RELAYS)
        self.relays[number].kill()
        self.relays[number] = self.start_relay(number)
        self.faults += 1

    def stop(self):
        number = self.chance.randrange(RELAYS)
        assert self.relays[number].terminate() == 0
        self.relays[number] = self.start_relay(number)

    def terminate_backends(self):
        self.faults += len(self.admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'relay-%'"
        ).fetchall())

    def lock_rows(self):
        with self.connect(autocommit=False) as holder:
            holder.execute(self.outbox.statement(
                "SELECT FROM {table} WHERE {id} IN (SELECT {id} FROM {table} WHERE NOT {published}"
                " ORDER BY random() LIMIT 2) FOR UPDATE SKIP LOCKED"))
            self.pause(0.6)
            holder.rollback()

    def hold_transaction(self):
        with self.connect(autocommit=False) as holder:
            holder.execute("SELECT pg_current_xact_id()")
            self.pause(1.0)
            holder.rollback()

    def pause(self, longest):
        time.sleep(self.chance.random() * longest)

    def disturb(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.chance.choice([self.kill, self.stop, self.terminate_backends, self.lock_rows,
                                self.hold_transaction])()
            self.pause(0.5)


def troubles(outrider):
    """What the relays said of Kafka and of messages that overtook others, with times."""
    text = "".join(open(log, encoding="utf-8").read() for log in outrider.logs)
    return [line[:400] for line in text.splitlines()
            if re.search(r'"class":"cluster"|"code":"[A-Z_]+"|"order_breaks":[1-9]', line)]


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("seed, slots", [(1, 1), (2, 1), (3, 4)])
def test_order_and_rows_survive(outrider, outbox, connect, writers, settled, observer, topic, seed, slots):
    def start_relay(number):
        daemon = outrider.run("-o", f"outbox.batch_size={BATCH}",
                              "-o", f"database.application_name=relay-{number}")
        daemon.wait_until(lambda: "relay_started" in daemon.text(), 20, "its start")
        return daemon

    disturber = Disturber(start_relay, outbox, connect, seed)
    crowd = writers(threads=4, transactions=100_000, aggregates=12, rows=4, hold_ms=30, seed=seed)
    disturber.disturb(SECONDS)
    crowd.stop()
    ledger = crowd.join()
    settled(disturber.relays[0])
    verdict = judge(observer.read(topic), ledger,
                    outbox.marked_ids({entry.message_id for entry in ledger.committed}))
    verdict.assert_nothing_lost()
    assert not verdict.order_violations, "\n".join(
        [f"seed {seed}: {verdict}", *verdict.overtaken[:5], *troubles(outrider)])
    assert len(verdict.duplicates) <= disturber.faults * BATCH * WINDOW_BATCHES * min(slots, 2), str(verdict)
