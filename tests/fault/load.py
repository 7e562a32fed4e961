# SPDX-License-Identifier: Apache-2.0
"""The load of a case: writers that do what an application does, while things break.

Each transaction locks its aggregate by raising its version, inserts its rows and its line of
history, and commits; then its writer notes it in a ledger, a file on disk:

    C <transaction> <aggregate> <first version> <last version>

R instead of C: rolled back on purpose, none of it may arrive. A COMMIT whose answer was lost is
resolved by the history, once the aggregate's lock says that the transaction has ended.
"""

import os
import random
import threading
import time

import psycopg

from fault import ids
from support.process import wait_until

BUSINESS = """
CREATE TABLE business (id integer PRIMARY KEY, version integer NOT NULL DEFAULT 0);
CREATE TABLE history (transaction bigint PRIMARY KEY, aggregate integer NOT NULL,
                      first integer NOT NULL, last integer NOT NULL)
"""
LOCK = """
UPDATE business SET version = version + %(rows)s WHERE id = %(aggregate)s RETURNING version
"""
INSERT = f"""
INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload)
SELECT {ids.sql('%(transaction)s::bigint', '%(aggregate)s::bigint', 'v')}, 'order', %(name)s,
       (%(topics)s::text[])[1 + v %% %(count)s],
       jsonb_build_object('a', %(aggregate)s::int, 'v', v, 'pad', repeat('x', %(pad)s))
  FROM generate_series(%(first)s::int, %(last)s::int) AS v ORDER BY v
"""
HISTORY = "INSERT INTO history VALUES (%(transaction)s, %(aggregate)s, %(first)s, %(last)s)"
ROLLBACKS = 0.04
PATIENCE = 120  # how long a writer tries to reach its server


class Load:
    """`writers` threads, `rate` rows a second all together, `rows` (from, to) in a transaction."""

    def __init__(self, connect, topics, directory, seed, *, rate=1500, rows=(5, 60), writers=2,
                 aggregates=24, pad=40):
        self.topics = topics
        self.ledgers = [os.path.join(directory, f"ledger-{n}") for n in range(writers)]
        self.aggregates = aggregates
        self.errors = []
        self.committed = 0
        self.unknown = 0
        self._rows, self._pad = rows, pad
        self._rate = rate / writers
        self._connect = connect
        self._stop = threading.Event()
        self._go = threading.Event()  # not while paused
        self._go.set()
        self._lock = threading.Lock()
        with connect() as connection:
            connection.execute("INSERT INTO business (id) SELECT generate_series(1, %s)"
                               " ON CONFLICT DO NOTHING", (aggregates,))
        self._threads = [threading.Thread(target=self._work, args=(n, f"{seed}/{n}"), daemon=True)
                         for n in range(writers)]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self, timeout=PATIENCE):
        """Ends after the transactions in hand; fails if a writer failed."""
        self._stop.set()
        self._go.set()
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0, end - time.monotonic()))
        assert not any(thread.is_alive() for thread in self._threads), "the writers do not end"
        assert not self.errors, self.errors

    def pause(self):
        """No transaction begins until `resume`."""
        self._go.clear()

    def resume(self):
        self._go.set()

    def _work(self, number, seed):
        chance = random.Random(seed)
        count = 0
        try:
            with open(self.ledgers[number], "a", encoding="ascii", buffering=1) as ledger:
                connection = self._reach()
                started, written = time.monotonic(), 0
                while not self._stop.is_set():
                    count += 1
                    change = self._plan(chance, number << 24 | count)
                    connection = self._transaction(connection, change, ledger)
                    written += change["rows"]
                    due = started + written / self._rate
                    self._go.wait()
                    late = due - time.monotonic()
                    if late < -1:  # what an outage kept from being written is not caught up
                        started, written = time.monotonic(), 0
                    elif late > 0:
                        self._stop.wait(late)
                connection.close()
        except Exception as error:  # told by stop, in the case's own thread
            self.errors.append(repr(error))

    def _plan(self, chance, transaction):
        aggregate = chance.randint(1, self.aggregates)
        return {
            "transaction": transaction, "aggregate": aggregate,
            "name": ids.aggregate_name(aggregate), "rows": chance.randint(*self._rows),
            "topics": self.topics, "count": len(self.topics), "pad": self._pad,
            "rollback": chance.random() < ROLLBACKS,
        }

    def _reach(self):
        refusals = []

        def reached():
            try:
                return self._connect(autocommit=False)
            except psycopg.OperationalError as refusal:
                refusals[:] = [refusal]
                return None
        return wait_until(reached, PATIENCE, lambda: f"a writer's connection: {refusals}", every=0.1)

    def _transaction(self, connection, change, ledger):
        """One transaction and its line; returns the connection to go on with."""
        committing = False
        try:
            cursor = connection.execute(LOCK, change)
            last = cursor.fetchone()[0]
            change |= {"first": last - change["rows"] + 1, "last": last}
            connection.execute(INSERT, change)
            connection.execute(HISTORY, change)
            if change["rollback"]:
                connection.rollback()
                self._note(ledger, "R", change)
                return connection
            committing = True
            connection.commit()
        except psycopg.Error:
            connection, kept = self._resolve(connection, change, committing)
            if not kept:
                return connection
        self._note(ledger, "C", change)
        return connection

    def _resolve(self, connection, change, committing):
        """After a failure: a fresh connection, and whether the transaction was kept after all."""
        connection.close()
        return wait_until(lambda: self._ask_kept(change, committing), PATIENCE, "an answer, whether it was kept")

    def _ask_kept(self, change, committing):
        """What _resolve gives; None when the server could not say."""
        connection = self._reach()
        if not committing:
            return connection, False
        try:
            # Waits until the transaction that may still be under way has ended.
            connection.execute("SELECT FROM business WHERE id = %(aggregate)s FOR UPDATE", change)
            kept = connection.execute("SELECT FROM history WHERE transaction = %(transaction)s",
                                      change).fetchone() is not None
            connection.rollback()
        except psycopg.Error:
            connection.close()
            return None
        self.unknown += 1
        return connection, kept

    def _note(self, ledger, word, change):
        ledger.write(f"{word} {change['transaction']} {change['aggregate']} "
                     f"{change['first']} {change['last']}\n")
        if word == "C":
            with self._lock:
                self.committed += change["rows"]
