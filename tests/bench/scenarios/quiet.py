# SPDX-License-Identifier: Apache-2.0
"""Little or nothing to do: what waiting costs, and how soon the first message goes."""

import contextlib
import statistics
import time

from kafka import KafkaConsumer, TopicPartition

from bench import measure
from bench.document import PEAK, Column, of, per_second, quantile
from bench.scenario import Variant, scenario
from bench.scenarios.steady import CORE, STATEMENTS
from bench.servers import COUNTED
from bench.stage import Shape
from support.process import wait_until

IDLE_SECONDS = 60
POLLS = 4
STARTS = 20
SECONDS = 30  # most that one message may take
INSERT = ("INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) "
          "VALUES (gen_random_uuid(), 'order', 'a-1', 'order.placed', '{}')")


def outrider(bench, database, topic):
    return bench.daemon(database, topic)


def naive(bench, database, topic):
    return bench.naive_daemon(database, topic, 1000)


def idle_of(relay):
    """A relay with nothing to do, from its first idle polls on: what a start costs is not asked here."""

    def run(bench):
        seconds = bench.seconds(IDLE_SECONDS)
        with bench.table(Shape()) as (database, topic), relay(bench, database, topic) as running:
            started = bench.servers.statements(COUNTED)[0]
            wait_until(lambda: bench.servers.statements(COUNTED)[0] >= started + POLLS, 30, "its first polls")
            before = measure.cpu_seconds(running.pid)
            with bench.meter(COUNTED) as meter:
                time.sleep(seconds)
            spent = meter.spent | {"messages": 0, "seconds": meter.spent["clock_s"],
                                   "relay_cpu_s": measure.cpu_seconds(running.pid) - before,
                                   "peak_bytes": measure.peak_bytes(running.pid)}
        return spent
    return run


def idle_servers(bench):
    with bench.table(Shape()), bench.meter() as meter:
        time.sleep(bench.seconds(IDLE_SECONDS))
    return meter.spent | {"messages": 0, "seconds": meter.spent["clock_s"]}


@scenario((STATEMENTS, CORE, Column("PostgreSQL CPU % of a core", per_second("server_cpu_s", 100), 2),
           Column("Kafka CPU % of a core", per_second("broker_cpu_s", 100), 2), PEAK), warm=False,
          compare=[("outrider", "naive")])
def idle():
    """60 seconds with an empty table; the naive relay asks once a second."""
    return [Variant("outrider", idle_of(outrider), quick=True), Variant("naive", idle_of(naive), quick=True),
            Variant("servers alone", idle_servers)]


# --- the first message ---------------------------------------------------------------------------------


@contextlib.contextmanager
def reader(bench, topic):
    """A function that waits for so many messages more and gives the moment when they were there."""
    consumer = KafkaConsumer(bootstrap_servers=bench.servers.kafka.bootstrap, fetch_max_wait_ms=100)
    partitions = [TopicPartition(topic, at) for at in consumer.partitions_for_topic(topic)]
    consumer.assign(partitions)
    consumer.seek_to_beginning()

    def wait(count=1):
        deadline = time.monotonic() + SECONDS
        while count > 0:
            if time.monotonic() > deadline:
                raise RuntimeError(f"no message within {SECONDS} s")
            count -= sum(map(len, consumer.poll(100).values()))
        return time.monotonic()

    try:
        yield wait
    finally:
        consumer.close()


@contextlib.contextmanager
def start_outrider(bench, database, topic):
    """`outrider run`, not waited for."""
    daemon = bench.started(database, topic)
    try:
        yield
    finally:
        daemon.terminate()


def starts_of(relay):
    """The times from a start to a consumer that has the row that was there."""

    def run(bench):
        times = []
        with bench.table(Shape()) as (database, topic), reader(bench, topic) as wait, \
                bench.servers.postgres.connect(database) as writer:
            for _ in range(max(2, bench.seconds(STARTS))):
                writer.execute(INSERT)
                began = time.monotonic()
                with relay(bench, database, topic):
                    times.append(wait() - began)
        return {"messages": len(times), "seconds": sum(times), "times": times}
    return run


START = Column("median ms", lambda line: statistics.median(line["times"]) * 1000, 1)


@scenario((START,
           Column("least ms", lambda line: min(line["times"]) * 1000, 1),
           Column("greatest ms", lambda line: max(line["times"]) * 1000, 1)), warm=False,
          compare=[("outrider", "naive")])
def start():
    """From the start of the process to a consumer that has the one row that waits: of 20 starts each."""
    return [Variant("outrider", starts_of(start_outrider)), Variant("naive", starts_of(naive))]


def silence_of(relay):
    """One message after a minute without."""

    def run(bench):
        with bench.table(Shape()) as (database, topic), relay(bench, database, topic):
            bench.load(database, topic, 1, 1)  # the relay has sent before
            time.sleep(bench.seconds(IDLE_SECONDS))
            with reader(bench, topic) as wait, bench.servers.postgres.connect(database) as writer:
                wait()  # the load's
                writer.execute(INSERT)
                committed = time.monotonic()
                took = wait() - committed
        return {"messages": 1, "seconds": took}
    return run


COMMIT_TO_ONE = Column("commit to consumer ms", of("seconds", 1000), 1)


@scenario((COMMIT_TO_ONE,), warm=False,
          compare=[("outrider", "naive")])
def silence():
    """A single message after 60 seconds of silence: the poll's interval has grown to `poll_max`."""
    return [Variant("outrider", silence_of(outrider)), Variant("naive", silence_of(naive))]
