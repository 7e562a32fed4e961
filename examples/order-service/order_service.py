#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An order service that writes its business row and the event about it in one transaction.

Each order is placed, then paid, then shipped, and each step leaves one row in the outbox. Nothing
here knows of Kafka: what is committed reaches it through outrider, what is rolled back never does.

Environment:
  DATABASE_DSN        any libpq connection string or URI
  ORDERS              how many orders to place (0, the default: until SIGTERM)
  ORDERS_PER_SECOND   how fast (5 by default; 0: as fast as it goes)

The outbox table is there already: `outrider schema apply`. What fails ends the process, for
whoever supervises it to start it anew: a transaction is done or it is not, so nothing is repaired.
"""

import os
import random
import signal
import sys
import threading

import psycopg
from psycopg.types.json import Jsonb

ORDERS_TABLE = """
CREATE TABLE IF NOT EXISTS orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer integer NOT NULL,
    cents integer NOT NULL,
    state text NOT NULL DEFAULT 'placed',
    version integer NOT NULL DEFAULT 1
)"""


def publish(connection, event_type, order):
    """The event, in the transaction in hand. The aggregate is the order, so its events stay in order."""
    connection.execute(
        "INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) "
        "VALUES (gen_random_uuid(), 'order', %s, %s, %s)",
        (str(order["order"]), event_type, Jsonb(order)))


def place(connection, customer, cents):
    """A new order and its event: both or neither. The order's id."""
    with connection.transaction():
        order = connection.execute(
            "INSERT INTO orders (customer, cents) VALUES (%s, %s) RETURNING id",
            (customer, cents)).fetchone()[0]
        publish(connection, "order.placed",
                {"order": order, "version": 1, "customer": customer, "cents": cents})
    return order


def advance(connection, order, state):
    """The next state of an order. The UPDATE locks the order before the event draws its number, so
    the numbers of an order's events are in the order in which things happened to it."""
    with connection.transaction():
        version, customer, cents = connection.execute(
            "UPDATE orders SET state = %s, version = version + 1 WHERE id = %s "
            "RETURNING version, customer, cents", (state, order)).fetchone()
        publish(connection, f"order.{state}",
                {"order": order, "version": version, "customer": customer, "cents": cents})


def serve(connection, orders, per_second, stop):
    """Places orders and sees them through until there are enough, or until `stop` is set."""
    placed = 0
    while not stop.is_set() and (orders == 0 or placed < orders):
        order = place(connection, random.randint(1, 50), random.randint(500, 50000))
        advance(connection, order, "paid")
        advance(connection, order, "shipped")
        placed += 1
        if per_second > 0:
            stop.wait(1 / per_second)
    return placed


def main():
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        with psycopg.connect(os.environ["DATABASE_DSN"], autocommit=True,
                             application_name="order-service") as connection:
            connection.execute(ORDERS_TABLE)
            placed = serve(connection, int(os.environ.get("ORDERS", "0")),
                           float(os.environ.get("ORDERS_PER_SECOND", "5")), stop)
    except KeyError as missing:
        sys.exit(f"order-service: the environment has no {missing}")
    except psycopg.Error as error:
        sys.exit(f"order-service: {error}".rstrip())
    print(f"order-service: {placed} orders placed, paid and shipped", flush=True)


if __name__ == "__main__":
    main()
