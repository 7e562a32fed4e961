# SPDX-License-Identifier: Apache-2.0
"""Messages that come all the time: how long each travels, and what that costs."""

import contextlib
import threading
import time

from bench import measure
from bench.document import COMMIT_TO_CONSUMER, PEAK, Column, of, per_second, quantile
from bench.plot import Plot, Series
from bench.scenario import Variant, scenario
from bench.scenarios.backlog import hold_snapshot
from bench.servers import COUNTED
from bench.stage import Shape

RATES = {100: 4, 1000: 4, 10000: 32}  # with how many connections
STEADY_SECONDS = 60
WARM_SECONDS = 20  # of the same load in front, whose latencies are not counted

CORE = Column("relay CPU % of a core", per_second("relay_cpu_s", 100), 2)
STATEMENTS = Column("statements/s", per_second("statements"), 1)
SQL = Column("ms/s in its statements", per_second("relay_sql_s", 1000), 1)
SERVER = Column("PostgreSQL CPU % of a core", per_second("server_cpu_s", 100), 1)
BROKER = Column("Kafka CPU % of a core", per_second("broker_cpu_s", 100), 1)
ACKNOWLEDGED = tuple(Column(f"created to acknowledged {text} ms", of(f"delivery_{name}_ms"), 1)
                     for name, text in (("p50", "p50"), ("p99", "p99"), ("p999", "p99.9")))
CREATED = Column("created to consumer p99 ms", quantile("created_to_consumer_ms", "p99"), 1)
DUE = Column("due to consumer p99 ms", quantile("due_to_consumer_ms", "p99"), 1)
COMMITTED = Column("commits/s", lambda line: line["messages"] / line["written_s"])
ARRIVED = Column("arrived of sent %", lambda line: 100 * line["arrived"] / line["messages"], 1)


class Sampler:
    """Calls `look` every so many seconds in the background; what it gives, with the time, in `samples`."""

    def __init__(self, every, look):
        self.every, self.look = every, look
        self.samples = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        began = time.monotonic()
        while not self._stop.wait(self.every):
            self.samples.append([round(time.monotonic() - began, 1), *self.look()])

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def load_warmed(bench, database, topic, rate, seconds, warm, **load):
    before = bench.seconds(warm) if warm else 0
    return bench.load(database, topic, rate, before + bench.seconds(seconds), warm=before, **load)


def loaded(rate, seconds, sampler=None, beside=None, on_published="mark", warm=0, **load):
    """A steady load with a relay beside it; `warm` seconds more go in front."""

    def run(bench):
        with bench.table(Shape()) as (database, topic), contextlib.ExitStack() as around:
            around.enter_context((beside(bench) if beside else contextlib.nullcontext)(database))
            with bench.daemon(database, topic, on_published) as daemon:
                samples = around.enter_context(sampler(bench, database)) if sampler else None
                before = measure.cpu_seconds(daemon.pid)
                with bench.meter(COUNTED) as meter:
                    values = load_warmed(bench, database, topic, rate, seconds, warm, **load)
                values["relay_cpu_s"] = measure.cpu_seconds(daemon.pid) - before
                values["peak_bytes"] = daemon.peak_memory()
        ended = next(one for one in daemon.events() if one.get("event") == "relay_stopped")
        values |= {name: ended[name]
                   for name in ("delivery_p50_ms", "delivery_p99_ms", "delivery_p999_ms")}
        if samples:
            values["samples"] = samples.samples
        return meter.spent | values
    return run


def alone(rate, seconds, **load):
    """The load without a relay: what PostgreSQL spends on it anyway."""

    def run(bench):
        with bench.table(Shape()) as (database, topic), bench.meter() as meter:
            values = bench.load(database, topic, rate, bench.seconds(seconds), patience=0, **load)
        return meter.spent | values | {"seconds": values["written_s"]}
    return run


def beside_naive(rate, seconds, sleep_ms):
    def run(bench):
        with bench.table(Shape()) as (database, topic), bench.naive_daemon(database, topic, sleep_ms) as child:
            before = measure.cpu_seconds(child.pid)
            with bench.meter(COUNTED) as meter:
                values = load_warmed(bench, database, topic, rate, seconds, WARM_SECONDS, patience=5)
            values["relay_cpu_s"] = measure.cpu_seconds(child.pid) - before
        return meter.spent | values
    return run


def distribution(variants):
    """Latency against the share of messages that took longer."""
    series = []
    for name, lines in variants.items():
        pairs = next((line["values"]["distribution"] for line in lines
                      if line.get("values", {}).get("arrived")), [])
        series.append(Series(name, [(1 / (1 - share), ms) for ms, share in pairs if 0 < share < 1]))
    if any(one.points for one in series):
        return Plot("latency", "From commit to consumer: one message in N takes longer (one round)", "N",
                    "ms", series, log_x=True, log_y=True)
    return None


@scenario((*COMMIT_TO_CONSUMER, COMMITTED, CREATED, DUE, *ACKNOWLEDGED, CORE, STATEMENTS, SQL, SERVER,
           BROKER, PEAK, ARRIVED), plots=[distribution],
          compare=[(f"outrider {rate:,}/s", "naive 100/s, no sleep") for rate in RATES])
def steady():
    """100, 1,000 and 10,000 transactions a second of one row each, for 60 seconds, in an open loop on
    4 connections (32 for 10,000), after 20 seconds of the same whose latencies are not counted: connections and a Java
    broker that has just been started are slower than they will be. Latencies are from the writer's knowledge of the
    COMMIT to a consumer that has the message; "due" counts from when the load should have sent it. "load alone" is what PostgreSQL spends on the load itself."""
    variants = []
    for rate, writers in RATES.items():
        variants += [
            Variant(f"outrider {rate:,}/s", loaded(rate, STEADY_SECONDS, warm=WARM_SECONDS, writers=writers),
                    quick=rate == 1000),
            Variant(f"load alone {rate:,}/s", alone(rate, STEADY_SECONDS, writers=writers))]
    return variants + [Variant("naive 100/s", beside_naive(100, STEADY_SECONDS, 1000)),
                       Variant("naive 100/s, no sleep", beside_naive(100, STEADY_SECONDS, 0))]


# --- long ----------------------------------------------------------------------------------------------

LONG_RATE, LONG_SECONDS = 5000, 600


def table_sampler(bench, database):
    """Bytes of the table, bytes of its indexes, dead rows, rows."""
    connection = bench.servers.postgres.connect(database)

    def look():
        return connection.execute(
            "SELECT pg_table_size(oid), pg_indexes_size(oid), pg_stat_get_dead_tuples(oid), "
            "pg_stat_get_live_tuples(oid) FROM pg_class WHERE oid = 'outbox_messages'::regclass").fetchone()
    return Sampler(max(1, bench.seconds(5)), look)


def by_second(variants):
    """The 99th percentile of each second, of one round a variant."""
    series = []
    for name, lines in variants.items():
        seconds = next((line["values"]["by_second"] for line in lines
                        if line.get("values", {}).get("arrived")), [])
        series.append(Series(name, [(at, p99) for at, (count, _, p99, _) in enumerate(seconds) if count]))
    if any(one.points for one in series):
        return Plot("latency", "Latency over time: 99th percentile of each second (one round)", "seconds",
                    "ms", series, log_y=True)
    return None


def rate_by_second(variants):
    """What arrived of what was due in each second, of one round a variant."""
    series = []
    for name, lines in variants.items():
        seconds = next((line["values"]["by_second"] for line in lines
                        if line.get("values", {}).get("arrived")), [])
        series.append(Series(name, [(at, one[0]) for at, one in enumerate(seconds)]))
    if any(one.points for one in series):
        return Plot("rate", "Rate over time (one round)", "seconds", "messages/s", series)
    return None


def sampled(name, title, unit, at, factor=1.0):
    """A plot of one of the samples' figures over time."""

    def make(variants):
        series = []
        for variant, lines in variants.items():
            samples = next((line["values"]["samples"] for line in lines
                            if "samples" in line.get("values", {})), [])
            series.append(Series(variant, [(one[0], one[at] * factor) for one in samples]))
        if any(one.points for one in series):
            return Plot(name, title + " (one round)", "seconds", unit, series)
        return None
    return make


@scenario((*COMMIT_TO_CONSUMER, COMMITTED, CORE, SERVER, STATEMENTS, PEAK,
           Column("table MiB at the end", lambda line: line["samples"][-1][1] / 1048576),
           Column("indexes MiB at the end", lambda line: line["samples"][-1][2] / 1048576),
           Column("most dead rows", lambda line: max(one[3] for one in line["samples"]))),
          plots=[rate_by_second, by_second, sampled("table", "Size of the table", "MiB", 1, 1 / 1048576),
                 sampled("indexes", "Size of its indexes", "MiB", 2, 1 / 1048576),
                 sampled("dead", "Dead rows", "rows", 3)], warm=False,
          compare=[("delete", "mark")])
def long():
    """10 minutes at 5,000 transactions a second on 8 connections, autovacuum on with PostgreSQL's defaults and what
    version 2 of the table sets: latency, and what becomes of table and indexes."""
    return [Variant(done, loaded(LONG_RATE, LONG_SECONDS, table_sampler, on_published=done, writers=8))
            for done in ("mark", "delete")]


# --- snapshot ------------------------------------------------------------------------------------------

SNAPSHOT_RATE, SNAPSHOT_SECONDS = 2000, 300
FROM_THE_START = "SELECT id FROM outbox_messages WHERE NOT published ORDER BY created_at LIMIT 100"


def claim_sampler(bench, database):
    """Milliseconds a claim of the relay took of late, and what a claim from the start takes; rows published."""
    connection = bench.servers.postgres.connect(database)
    before = bench.servers.claims(COUNTED)

    def look():
        nonlocal before
        now = bench.servers.claims(COUNTED)
        calls, seconds = now[0] - before[0], float(now[1] - before[1])
        before = now
        rows = connection.execute("SELECT n_tup_upd FROM pg_stat_user_tables "
                                  "WHERE relname = 'outbox_messages'").fetchone()[0]
        began = time.monotonic()
        connection.execute(FROM_THE_START).fetchall()
        return [seconds / calls * 1000 if calls else None, (time.monotonic() - began) * 1000, rows]
    return Sampler(max(1, bench.seconds(5)), look)


def claim_against_rows(variants):
    """Both kinds of claim against the rows published since the snapshot."""
    series = []
    for name, lines in variants.items():
        samples = next((line["values"]["samples"] for line in lines
                        if "samples" in line.get("values", {})), [])
        for what, at in (("outrider's claim", 1), ("a claim from the start", 2)):
            series.append(Series(f"{name}: {what}", [
                (one[3], one[at]) for one in samples if one[at] is not None and one[3]]))
    if any(one.points for one in series):
        return Plot("claim", "Claim time against rows published (one round)", "rows published", "ms",
                    series, log_y=True)
    return None


def last_claim(at):
    return lambda line: next(one[at] for one in reversed(line["samples"]) if one[at] is not None)


@scenario((*COMMIT_TO_CONSUMER, CORE, SERVER,
           Column("last claim ms", last_claim(1), 3), Column("last claim from the start ms", last_claim(2), 2),
           ARRIVED),
          plots=[claim_against_rows, by_second], warm=False, compare=[("snapshot held", "no snapshot")])
def snapshot():
    """5 minutes at 2,000 transactions a second, with and without a transaction that holds a snapshot from before all of
    it, so that vacuum removes nothing. Beside the relay's claims, `SELECT ... WHERE NOT published ORDER BY created_at
    LIMIT 100` on the same table at the same moments: a claim without a floor."""
    return [Variant("no snapshot", loaded(SNAPSHOT_RATE, SNAPSHOT_SECONDS, claim_sampler)),
            Variant("snapshot held", loaded(SNAPSHOT_RATE, SNAPSHOT_SECONDS, claim_sampler, hold_snapshot))]
