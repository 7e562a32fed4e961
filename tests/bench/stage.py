# SPDX-License-Identifier: Apache-2.0
"""What a measurement has at hand: tables of a shape, the relay, the references, and the meters."""

import contextlib
import os
import random
import re
import uuid
from typing import NamedTuple

from bench import measure
from bench.servers import COUNTED
from support import outrider as relay, process

WARM = 0.1  # a warm-up round's share
LEAST = 1000  # rows, at whatever scale
NOISE = "".join(random.Random(1).choices("0123456789abcdef", k=1 << 20))  # does not compress


class Shape(NamedTuple):
    """What is in a table before it is measured."""

    rows: int = 0  # to be published
    payload: int = 400  # bytes
    aggregates: int = 10000
    published: int = 0  # rows that were published before
    waiting: int = 0  # aggregates whose first row waits for its next attempt
    slots: int = 1


FILL = """
INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload, published,
    published_at, created_at)
SELECT gen_random_uuid(), 'order', 'a-' || n %% %(aggregates)s, 'order.placed',
    ('{"n": ' || n || ', "pad": "' || %(pad)s || '"}')::jsonb, %(published)s,
    CASE WHEN %(published)s THEN now() END, now() + n * interval '1 microsecond'
FROM generate_series(1, %(rows)s) n ORDER BY n"""
WAIT = """
UPDATE outbox_messages SET next_attempt_at = now() + interval '1 day', retry_count = 1
WHERE seq IN (SELECT min(seq) FROM outbox_messages GROUP BY aggregate_id ORDER BY 1 LIMIT %s)"""


class Bench:
    """`scale` multiplies row counts and durations."""

    def __init__(self, servers, scale=1.0):
        self.servers = servers
        self.scale = scale
        self._templates = {}

    def scaled(self, scale):
        """The same with everything smaller; templates are its own."""
        return Bench(self.servers, self.scale * scale)

    def rows(self, count):
        return min(count, max(LEAST, int(count * self.scale)))

    def part(self, count):
        """Of what may be few: aggregates."""
        return max(1, int(count * self.scale))

    def seconds(self, count):
        return max(1, round(count * self.scale))

    # --- tables ----------------------------------------------------------------------------------------

    def _outrider(self, database, user=COUNTED, port=None, **outbox):
        dsn = self.servers.dsn(database, user, port)
        return relay.Outrider(self.servers.directory("outrider"), {
            "database": {"dsn": dsn}, "outbox": outbox,
            "kafka": {"bootstrap.servers": self.servers.kafka.bootstrap},
            "http": {"listen": "127.0.0.1:0"},  # as a user has it, on any port
            "log": {"format": "json"},
        })

    def _template(self, shape):
        """A database with a table of this shape, made once."""
        if shape in self._templates:
            return self._templates[shape]
        name = "template_" + uuid.uuid4().hex[:12]
        self.servers.make_database(name)
        apply = ["schema", "apply"] + (["--slots", str(shape.slots)] if shape.slots > 1 else [])
        done = self._outrider(name).command(*apply)
        if done.code != 0:
            self.servers.drop_database(name)
            raise measure.NotPossible(f"outrider {' '.join(apply)}: {done.stderr.strip()[:200]}")
        with self.servers.postgres.connect(name) as connection:
            for rows, published in ((shape.published, True), (shape.rows, False)):
                connection.execute(FILL, {
                    "aggregates": shape.aggregates, "rows": rows, "published": published,
                    "pad": NOISE[:max(0, shape.payload - len('{"n": 1000000, "pad": ""}'))]})
            if shape.waiting:
                connection.execute(WAIT, (shape.waiting,))
            connection.execute("VACUUM ANALYZE")
        self._templates[shape] = name
        return name

    def forget(self):
        """Drops the templates: a scenario is over."""
        for name in self._templates.values():
            self.servers.drop_database(name)
        self._templates.clear()

    @contextlib.contextmanager
    def table(self, shape):
        """(database, topic): a copy of a table of this shape, and a fresh topic."""
        assert self.servers.kafka
        with self.servers.copy(self._template(shape)) as database, self.servers.topic() as topic:
            yield database, topic

    def meter(self, role=None):
        return measure.Meter(self.servers, role)

    # --- the relay -------------------------------------------------------------------------------------

    def drain(self, shape, *arguments, lanes=1, ordering="key", on_published="mark", port=None,
              beside=None):
        """`outrider drain` of a table: what it reports of itself, and what it cost.

        `beside`: a context manager, of the database's name, that something else goes on in meanwhile.
        """
        with self.table(shape) as (database, topic), (beside or contextlib.nullcontext)(database):
            runner = self._outrider(database, port=port, lanes=lanes, ordering=ordering,
                                    on_published=on_published)
            path = runner.write({"message": {"topic": topic}})
            with self.meter(COUNTED) as meter:
                done = measure.run([relay.BINARY, "drain", "-c", path, *arguments], runner.base,
                                   env=relay.environment())
        if done.code not in (0, 75):
            raise RuntimeError(f"outrider drain: exit {done.code}\n{done.stdout}{done.stderr[-2000:]}")
        table = closing(done.stdout)
        messages = int(table["published"])
        return meter.spent | {
            "messages": messages, "seconds": messages / table["rate"] if table["rate"] else None,
            "wall_s": round(done.seconds, 4), "relay_cpu_s": done.cpu_s, "peak_bytes": done.peak,
            "duplicates": int(table["possible duplicates"]),
        }

    @contextlib.contextmanager
    def daemon(self, database, topic, on_published="mark", settings=None):
        """`outrider run`, connected; ended at the end."""
        runner = self._outrider(database, on_published=on_published)
        daemon = runner.run(config=relay.merge({"message": {"topic": topic}}, settings or {}))
        try:
            daemon.wait_for_log('"connected"', 30)
            yield daemon
        finally:
            daemon.terminate()

    def started(self, database, topic):
        """`outrider run`, not waited for: the caller ends it."""
        return self._outrider(database).run(config={"message": {"topic": topic}})

    # --- the references --------------------------------------------------------------------------------

    def sql_ceiling(self, shape, port=None, beside=None, **arguments):
        """outrider's statements without Kafka."""
        with self.table(shape) as (database, _), (beside or contextlib.nullcontext)(database):
            dsn = self.servers.dsn(database, COUNTED, port)
            with self.meter(COUNTED) as meter:
                values = measure.program("sql_ceiling", self.servers.directory("ceiling"), dsn=dsn,
                                         **arguments)
        return meter.spent | as_relay(values)

    def producer_ceiling(self, rows, payload=400):
        """librdkafka and Kafka without PostgreSQL."""
        assert self.servers.postgres
        with self.servers.topic() as topic, self.meter() as meter:
            values = measure.program("producer_ceiling", self.servers.directory("ceiling"),
                                     bootstrap=self.servers.kafka.bootstrap, topic=topic,
                                     messages=rows, payload=payload)
        return meter.spent | as_relay(values)

    def _naive_arguments(self, database, topic):
        return {"dsn": self.servers.dsn(database, COUNTED), "topic": topic,
                "bootstrap": self.servers.kafka.bootstrap}

    def naive(self, shape, seconds, sleep_ms):
        """The relay that is written first, for so many seconds of a backlog."""
        with self.table(shape) as (database, topic), self.meter(COUNTED) as meter:
            values = measure.program("naive", self.servers.directory("naive"), seconds=seconds,
                                     sleep_ms=sleep_ms, messages=shape.rows,
                                     **self._naive_arguments(database, topic))
        return meter.spent | as_relay(values)

    @contextlib.contextmanager
    def naive_daemon(self, database, topic, sleep_ms):
        """The same in the background."""
        argv = measure.argv_of("naive", seconds=100000, sleep_ms=sleep_ms,
                               **self._naive_arguments(database, topic))
        log = os.path.join(self.servers.directory("naive"), "log")
        with open(log, "wb") as out:
            child = process.spawn(argv, stdout=out, stderr=out)
        try:
            yield child
        finally:
            process.stop(child)

    def load(self, database, topic, rate, seconds, **arguments):
        """A steady load to its last message's arrival: what it prints."""
        return measure.program("load", self.servers.directory("load"),
                               dsn=self.servers.dsn(database), topic=topic, rate=rate,
                               seconds=seconds, bootstrap=self.servers.kafka.bootstrap, **arguments)


def as_relay(values):
    """What a reference prints, by the names that a relay's values have."""
    return {{"cpu_s": "relay_cpu_s"}.get(name, name): value for name, value in values.items()}


def closing(text):
    """The table that a drain ends with: name -> number, as far as they are numbers."""
    found = {}
    for line in text.splitlines():
        row = re.match(r" *(\S.*?)  +([\d,.]+)( |$)", line)
        if row:
            found[row[1]] = float(row[2].replace(",", ""))
    return found
