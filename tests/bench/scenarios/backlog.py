# SPDX-License-Identifier: Apache-2.0
"""A table full of rows, and how fast it is emptied."""

import contextlib

from bench.document import COSTS, PEAK, RATE, Column
from bench.plot import Plot, Series
from bench.results import median
from bench.scenario import Variant, scenario
from bench.stage import Bench, Shape

ROWS = 1000000
NAIVE_SECONDS = 10
BOTH = [(ordering, done) for ordering in ("key", "none") for done in ("mark", "delete")]


def drained(ordering="key", on_published="mark", rows=ROWS, **shape):
    """`outrider drain` of so many rows."""
    return lambda bench: bench.drain(Shape(rows=bench.rows(rows), **shape), ordering=ordering,
                                     on_published=on_published)


def sql_only(ordering="key", on_published="mark", rows=ROWS, **shape):
    return lambda bench: bench.sql_ceiling(Shape(rows=bench.rows(rows), **shape), ordering=ordering,
                                           on_published=on_published)


def produced(rows=ROWS, payload=400):
    return lambda bench: bench.producer_ceiling(bench.rows(rows), payload)


def naive(sleep_ms):
    return lambda bench: bench.naive(Shape(rows=bench.rows(ROWS)), bench.seconds(NAIVE_SECONDS), sleep_ms)


@scenario(COSTS, compare=[
    (f"outrider {a}, {b}", other) for a, b in BOTH
    for other in (f"SQL alone {a}, {b}", "Kafka alone", "naive", "naive, no sleep")])
def backlog():
    """1,000,000 rows of 400 bytes of payload in 10,000 aggregates, emptied by `outrider drain` with one lane
    (`ordering`, `on_published`), beside its statements without Kafka (SQL alone), librdkafka with the same messages
    without PostgreSQL (Kafka alone), and a relay that sends one message at a time."""
    variants = []
    for ordering, done in BOTH:
        quick = (ordering, done) in (("key", "mark"), ("none", "delete"))
        variants += [
            Variant(f"outrider {ordering}, {done}", drained(ordering, done), quick=quick),
            Variant(f"SQL alone {ordering}, {done}", sql_only(ordering, done), quick=quick),
        ]
    return variants + [
        Variant("Kafka alone", produced(), quick=True),
        Variant("naive", naive(1000), quick=True),
        Variant("naive, no sleep", naive(0), quick=True),
    ]


# --- lanes ---------------------------------------------------------------------------------------------

LANES = (1, 2, 4)


def lanes_drained(ordering, done, lanes):
    def run(bench):
        shape = Shape(rows=bench.rows(ROWS), slots=lanes if ordering == "key" else 1)
        return bench.drain(shape, ordering=ordering, on_published=done, lanes=lanes)
    return run


def rate_against_lanes(variants):
    """One line an ordering."""
    series = [Series(f"{ordering}, {done}", [
        (lanes, rate) for lanes in LANES
        if (rate := median(variants.get(f"{ordering}, {done}, {lanes}", []), RATE.figure))])
        for ordering, done in BOTH]
    if any(one.points for one in series):
        return Plot("rate", "Rate against lanes", "lanes", "messages/s", series, marks=True)
    return None


@scenario(COSTS, plots=[rate_against_lanes], compare=[
    (f"{ordering}, {done}, {lanes}", f"{ordering}, {done}, 1") for ordering, done in BOTH for lanes in LANES[1:]])
def lanes():
    """The same backlog with 1, 2 and 4 lanes; with `ordering: key` on a table of as many slots. What the CPU allows is
    all cores at work: `CPU of the three` says how much of that is reached."""
    return [Variant(f"{ordering}, {done}, {count}", lanes_drained(ordering, done, count))
            for ordering, done in BOTH for count in LANES]


# --- payloads ------------------------------------------------------------------------------------------

SIZES = (("100 B", 100, 1000000), ("1 kB", 1000, 500000), ("10 kB", 10000, 60000),
         ("100 kB", 100000, 6000), ("1 MB", 990000, 600))


@scenario((RATE, Column("MB/s", lambda line: line["payload"] * line["messages"] / line["seconds"] / 1e6, 1))
          + COSTS[1:], compare=[(f"outrider {name}", other) for name, _, _ in SIZES
                                for other in (f"SQL alone {name}", f"Kafka alone {name}")])
def payloads():
    """Payloads of 100 bytes to nearly 1 MB (librdkafka's `message.max.bytes` is the end), as many rows as make up to
    about 600 MB."""

    def sized(run, size):
        return lambda bench: run(bench) | {"payload": size}

    variants = []
    for name, size, rows in SIZES:
        variants += [
            Variant(f"outrider {name}", sized(drained(rows=rows, payload=size), size)),
            Variant(f"SQL alone {name}", sized(sql_only(rows=rows, payload=size), size)),
            Variant(f"Kafka alone {name}", sized(produced(rows, size), size)),
        ]
    return variants


# --- what lies in the table besides --------------------------------------------------------------------

LIMIT_SECONDS = 20


def limited(rows, **shape):
    """So many seconds of a backlog."""
    return lambda bench: bench.drain(Shape(rows=bench.rows(rows), **shape), "--max-seconds",
                                     str(bench.seconds(LIMIT_SECONDS)))


def sql_limited(rows, **shape):
    return lambda bench: bench.sql_ceiling(Shape(rows=bench.rows(rows), **shape),
                                           seconds=bench.seconds(LIMIT_SECONDS))


@scenario((RATE, PEAK) + COSTS[1:5], warm=False, compare=[
    ("outrider 5,000,000", "outrider 500,000"), ("SQL alone 5,000,000", "SQL alone 500,000")])
def backlog_size():
    """Up to 20 seconds of a backlog of 500,000 and of 5,000,000 rows: neither rate nor memory may depend on what
    waits."""
    return [Variant("outrider 500,000", limited(500000)), Variant("SQL alone 500,000", sql_limited(500000)),
            Variant("outrider 5,000,000", limited(5000000)),
            Variant("SQL alone 5,000,000", sql_limited(5000000))]


@scenario(COSTS, warm=False, compare=[("outrider behind 10,000,000", "outrider, empty"),
                                      ("SQL alone behind 10,000,000", "SQL alone, empty")])
def published():
    """200,000 rows of 100 bytes in a table that is empty otherwise, and behind 10,000,000 that were published."""

    def behind(run, count):
        return lambda bench: run(rows=200000, payload=100, published=bench.rows(count) if count else 0)(bench)

    return [Variant("outrider, empty", behind(drained, 0)), Variant("SQL alone, empty", behind(sql_only, 0)),
            Variant("outrider behind 10,000,000", behind(drained, 10000000)),
            Variant("SQL alone behind 10,000,000", behind(sql_only, 10000000))]


def lock_one_row(bench):
    """A context manager in which somebody holds the first row locked."""

    @contextlib.contextmanager
    def beside(database):
        with bench.servers.postgres.connect(database, autocommit=False) as other:
            other.execute("SELECT FROM outbox_messages ORDER BY seq LIMIT 1 FOR UPDATE")
            yield
            other.rollback()
    return beside


def hold_snapshot(bench):
    """A context manager in which a snapshot is held that is older than all that happens."""

    @contextlib.contextmanager
    def beside(database):
        with bench.servers.postgres.connect(database, autocommit=False) as other:
            other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            other.execute("SELECT count(*) FROM outbox_messages WHERE false")
            yield
            other.rollback()
    return beside


@scenario(COSTS, compare=[("one row locked", "nothing held"), ("1,000 aggregates wait", "nothing held")])
def held():
    """The first 300,000 of 500,000 rows in 100,000 aggregates: with nothing held back, while another transaction holds
    the first row locked, and with 1,000 aggregates whose first row waits for its next attempt."""

    def run(waiting=0, locked=False):
        def drain(bench):
            shape = Shape(rows=bench.rows(500000), aggregates=bench.part(100000),
                          waiting=bench.part(waiting) if waiting else 0)
            beside = lock_one_row(bench) if locked else None
            return bench.drain(shape, "--max-messages", str(shape.rows * 3 // 5), "--max-seconds", "600",
                               beside=beside)
        return drain

    return [Variant("nothing held", run()), Variant("one row locked", run(locked=True)),
            Variant("1,000 aggregates wait", run(waiting=1000))]


# --- remote --------------------------------------------------------------------------------------------

DISTANCES = (("through the proxy", 0), ("1 ms", 1000), ("10 ms", 10000))


@scenario(COSTS, compare=[(f"outrider {name}", f"SQL alone {name}") for name, _ in DISTANCES]
          + [("outrider through the proxy", "outrider direct")])
def remote():
    """500,000 rows while PostgreSQL is 1 ms and 10 ms farther away (round trip), by a proxy that only delays; without
    delay it shows what the proxy itself costs."""

    def far(run, round_trip_us):
        def measured(bench):
            with bench.servers.delayed(round_trip_us) as port:
                return run(bench, Shape(rows=bench.rows(500000)), port=port)
        return measured

    variants = [Variant("outrider direct", drained(rows=500000)),
                Variant("SQL alone direct", sql_only(rows=500000))]
    for name, round_trip_us in DISTANCES:
        variants += [Variant(f"outrider {name}", far(Bench.drain, round_trip_us)),
                     Variant(f"SQL alone {name}", far(Bench.sql_ceiling, round_trip_us))]
    return variants


@scenario(COSTS, compare=[("outrider, snapshot held", "outrider"),
                          ("SQL alone, snapshot held", "SQL alone")])
def snapshot_backlog():
    """1,000,000 rows while another transaction holds a snapshot from before, so that vacuum can remove nothing."""

    def run(what, hold):
        def measured(bench):
            beside = hold_snapshot(bench) if hold else None
            return what(bench, Shape(rows=bench.rows(ROWS)), beside=beside)
        return measured

    return [Variant("outrider", run(Bench.drain, False)), Variant("SQL alone", run(Bench.sql_ceiling, False)),
            Variant("outrider, snapshot held", run(Bench.drain, True)),
            Variant("SQL alone, snapshot held", run(Bench.sql_ceiling, True))]
