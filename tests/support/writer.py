# SPDX-License-Identifier: Apache-2.0
"""Writers that do what an application does: one transaction changes the business row and inserts
its outbox rows, under the aggregate's row lock, so that the aggregate's version is the order of its
rows. Each notes what it committed, and what it rolled back, in a ledger of its own."""

import json
import random
import threading
import time
import uuid

import psycopg

from support.observer import Entry, Ledger

BUSINESS = """
CREATE TABLE IF NOT EXISTS business (id text PRIMARY KEY, version integer NOT NULL DEFAULT 0)
"""
INSERT = "INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}) " \
         "VALUES (%s, %s, %s, %s, %s)"


class Writers:
    """`threads` writers on connections of their own, each doing `transactions` transactions.

    A random share of them rolls back, another stays open for up to `hold_ms` before it ends, and
    one holds 1 to `rows` rows. A fixed seed makes two runs write the same. With `reconnect` a
    writer whose connection fails makes a new one, as often as it takes. `insert`: the application's own
    statement over id, aggregate type, aggregate id, topic and payload.
    """

    def __init__(self, connect, outbox, topic, *, threads=4, transactions=200, aggregates=8,
                 rows=3, rollback=0.1, hold_ms=5, seed=1, reconnect=False,
                 insert=INSERT):
        self.ledgers = [Ledger() for _ in range(threads)]
        self.errors = []
        self._reconnect = reconnect
        self._insert = outbox.statement(insert)
        self._stop = threading.Event()
        self._settings = (topic, transactions, rows, rollback, hold_ms)
        self._aggregates = [f"aggregate-{n}" for n in range(aggregates)]
        with connect() as connection:
            connection.execute(BUSINESS)
            with connection.cursor() as cursor:
                cursor.executemany("INSERT INTO business (id) VALUES (%s) ON CONFLICT DO NOTHING",
                                   [(name,) for name in self._aggregates])
        self._threads = [
            threading.Thread(target=self._work, daemon=True,
                             args=(connect, random.Random(f"{seed}/{n}"), self.ledgers[n]))
            for n in range(threads)
        ]

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def running(self):
        """Whether any writer still writes."""
        return any(thread.is_alive() for thread in self._threads)

    def committed(self):
        """How many rows were committed so far."""
        return sum(len(ledger.committed) for ledger in self.ledgers)

    def stop(self):
        """Ends after the transactions in hand."""
        self._stop.set()

    def join(self, timeout=120):
        """Waits for the end and returns the one ledger; fails if a writer failed."""
        end = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0, end - time.monotonic()))
        assert not self.running(), f"the writers did not end within {timeout} s"
        assert not self.errors, self.errors
        whole = Ledger()
        for ledger in self.ledgers:
            whole.merge(ledger)
        return whole

    def _work(self, connect, chance, ledger):
        _, transactions, _, _, _ = self._settings
        left = iter(range(transactions))
        while not self._stop.is_set():
            try:
                with connect() as connection:
                    connection.autocommit = False
                    for _ in left:
                        self._transaction(connection, chance, ledger)
                        if self._stop.is_set():
                            break
                return
            except Exception as error:  # reported by join, in the test's own thread
                if not (self._reconnect and isinstance(error, psycopg.Error)):
                    self.errors.append(repr(error))
                    return
                self._stop.wait(0.1)

    def _transaction(self, connection, chance, ledger):
        topic, _, rows, rollback, hold_ms = self._settings
        aggregate = chance.choice(self._aggregates)
        version = connection.execute(
            "SELECT version FROM business WHERE id = %s FOR UPDATE", (aggregate,)
        ).fetchone()[0]
        entries = []
        for _ in range(chance.randint(1, rows)):
            version += 1
            payload = json.dumps({"aggregate": aggregate, "version": version})
            entry = Entry(str(uuid.uuid4()), topic, aggregate, version, payload)
            connection.execute(self._insert, (entry.message_id, "order", aggregate, topic, payload))
            entries.append(entry)
        connection.execute("UPDATE business SET version = %s WHERE id = %s", (version, aggregate))
        if hold_ms and chance.random() < 0.3:
            time.sleep(chance.random() * hold_ms / 1000)
        if chance.random() < rollback:
            connection.rollback()
            ledger.rolled_back += entries
            return
        try:
            connection.commit()
        except psycopg.Error:
            ledger.in_doubt += entries
            raise
        ledger.committed += entries
