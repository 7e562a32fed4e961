#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A consumer that applies each message once, however often it is delivered.

It keeps what each customer has ordered, a sum that a second copy of a message would spoil. The
message's id goes into the inbox in the transaction that does the work: when the id is there
already, the message is a copy and nothing is done. So it does not matter who sent it twice: the
relay after a crash, Kafka, or this consumer itself, which commits its offsets after its work and
so reads the last messages again when it died in between.

Environment:
  DATABASE_DSN              any libpq connection string or URI
  KAFKA_BOOTSTRAP_SERVERS   host:port,...
  TOPICS                    what to read, separated by commas (order.placed)
  CONSUMER                  the consumer's name: its group in Kafka, and in the inbox (sales)

Any number of processes of one name share the partitions. What fails ends the process, for whoever
supervises it to start it anew: the inbox makes that safe.
"""

import json
import os
import signal
import sys
import threading

import psycopg
from kafka import KafkaConsumer
from kafka.errors import KafkaError

# How long a process that died keeps its partitions from the others.
SESSION_TIMEOUT_MS = 6000

# `outrider schema apply --inbox` makes the same inbox, with a function that purges it.
TABLES = """
CREATE TABLE IF NOT EXISTS inbox_messages (
    consumer text NOT NULL,
    message_id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id)
);
CREATE TABLE IF NOT EXISTS sales (
    customer integer PRIMARY KEY,
    orders integer NOT NULL,
    cents bigint NOT NULL
)"""


def is_new(connection, consumer, message_id):
    """Notes the message in the transaction in hand; False when that was done before."""
    return connection.execute(
        "INSERT INTO inbox_messages (consumer, message_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (consumer, message_id)).rowcount == 1


def work(connection, order):
    """What this consumer is for. It needs no thought of copies."""
    connection.execute(
        "INSERT INTO sales AS s (customer, orders, cents) VALUES (%s, 1, %s) "
        "ON CONFLICT (customer) DO UPDATE SET orders = s.orders + 1, cents = s.cents + excluded.cents",
        (order["customer"], order["cents"]))


def handle(connection, consumer, record):
    """One message in one transaction: its id and the work, or neither. False for a copy."""
    message_id = dict(record.headers)["message-id"].decode()
    with connection.transaction():
        if not is_new(connection, consumer, message_id):
            return False
        work(connection, json.loads(record.value))
    return True


def consume(connection, kafka, consumer, stop):
    """Until `stop` is set: the work of what was read, then the offsets."""
    while not stop.is_set():
        records = [record for batch in kafka.poll(timeout_ms=500).values() for record in batch]
        if not records:
            continue
        applied = sum(handle(connection, consumer, record) for record in records)
        kafka.commit()
        print(f"{consumer}: {applied} messages applied, {len(records) - applied} copies dropped",
              flush=True)


def main():
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    name = os.environ.get("CONSUMER", "sales")
    try:
        with psycopg.connect(os.environ["DATABASE_DSN"], autocommit=True,
                             application_name=name) as connection:
            connection.execute(TABLES)
            kafka = KafkaConsumer(
                *os.environ.get("TOPICS", "order.placed").split(","), group_id=name,
                bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"].split(","),
                enable_auto_commit=False, auto_offset_reset="earliest",
                session_timeout_ms=SESSION_TIMEOUT_MS, heartbeat_interval_ms=SESSION_TIMEOUT_MS // 3)
            try:
                consume(connection, kafka, name, stop)
            finally:
                kafka.close(autocommit=False)
    except KeyError as missing:
        sys.exit(f"{name}: {missing} is missing")
    except (psycopg.Error, KafkaError) as error:
        sys.exit(f"{name}: {error}".rstrip())


if __name__ == "__main__":
    main()
