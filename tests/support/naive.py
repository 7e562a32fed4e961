# SPDX-License-Identifier: Apache-2.0
"""The publisher that most services begin with, as a program: it looks for unpublished rows in the order of
created_at, sends them one by one, and marks each when it was acknowledged. On SIGTERM it ends after
the message in hand.

DATABASE_DSN, KAFKA_BOOTSTRAP_SERVERS; SELECT gives id, topic, key and payload, MARK takes an id.
"""

import json
import os
import signal
import threading

import kafka
import psycopg


def main():
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    producer = kafka.KafkaProducer(bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"], acks="all")
    with psycopg.connect(os.environ["DATABASE_DSN"], autocommit=True, application_name="publisher") as connection:
        while not stopped.is_set():
            rows = connection.execute(os.environ["SELECT"]).fetchall()
            for message_id, topic, key, payload in rows:
                if stopped.is_set():
                    break
                producer.send(topic, json.dumps(payload).encode(), key.encode(),
                              headers=[("message-id", str(message_id).encode())]).get(30)
                connection.execute(os.environ["MARK"], (message_id,))
            if not rows:
                stopped.wait(0.05)


main()
