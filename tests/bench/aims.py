# SPDX-License-Identifier: Apache-2.0
"""What the figures ought to be, beside what a run gave. The aims are for 2 cores that PostgreSQL, Kafka and the relay share."""

from typing import Callable, NamedTuple

from bench.document import COMMIT_TO_CONSUMER, PEAK, RATE, RELAY_CPU, SHARE, number
from bench.results import median, newest
from bench.scenarios.quiet import COMMIT_TO_ONE, START
from bench.scenarios.steady import CORE, STATEMENTS


class Aim(NamedTuple):
    what: str
    least: bool  # or it is the most
    aim: float
    unit: str
    scenario: str
    figure: Callable  # of the scenario's variants; None when they were not measured
    digits: int = 0


def of(variant, column):
    return lambda variants: median(variants.get(variant, []), column.figure)


def ratio(variant, reference, column=RATE):
    def figure(variants):
        own, other = (of(one, column)(variants) for one in (variant, reference))
        return own / other if own and other else None
    return figure


def at_least(aim, unit, what, scenario, figure, digits=0):
    return Aim(what, True, aim, unit, scenario, figure, digits)


def at_most(aim, unit, what, scenario, figure, digits=1):
    return Aim(what, False, aim, unit, scenario, figure, digits)


P50, P99 = COMMIT_TO_CONSUMER[:2]
MARK, DELETE, SQL = "outrider key, mark", "outrider key, delete", "SQL alone "
AIMS = (
    at_least(0.85, "", "one lane, ordered, marked: rate, of its SQL alone", "backlog", ratio(MARK, SQL + "key, mark"), 2),
    at_least(0.80, "", "the same, deleted", "backlog", ratio(DELETE, SQL + "key, delete"), 2),
    at_least(300, "", "one lane, ordered, marked: rate, of the naive relay", "backlog", ratio(MARK, "naive")),
    at_least(80, "%", "2 lanes, ordered, marked: share of all cores at work", "lanes", of("key, mark, 2", SHARE)),
    at_least(80, "%", "the same, deleted", "lanes", of("key, delete, 2", SHARE)),
    at_least(80000, "messages/s", "2 lanes, ordered, marked: rate", "lanes", of("key, mark, 2", RATE)),
    at_least(130000, "messages/s", "the same, deleted", "lanes", of("key, delete, 2", RATE)),
    at_most(4, "µs", "the relay's CPU a message of 400 bytes", "backlog", of(MARK, RELAY_CPU)),
    at_most(32, "MiB", "peak memory at the defaults, 5,000,000 rows waiting", "backlog-size", of("outrider 5,000,000", PEAK)),
    at_most(64, "MiB", "peak memory with payloads of 1 MB", "payloads", of("outrider 1 MB", PEAK)),
    at_most(3, "ms", "1,000 a second: commit to consumer, p50", "steady", of("outrider 1,000/s", P50)),
    at_most(8, "ms", "1,000 a second: commit to consumer, p99", "steady", of("outrider 1,000/s", P99)),
    at_most(15, "% of a core", "1,000 a second: the relay's CPU", "steady", of("outrider 1,000/s", CORE)),
    at_most(5, "ms", "100 a second: commit to consumer, p50", "steady", of("outrider 100/s", P50)),
    at_most(12, "ms", "100 a second: commit to consumer, p99", "steady", of("outrider 100/s", P99)),
    at_most(130, "ms", "one message after silence, `poll_max` + 5 ms", "silence", of("outrider", COMMIT_TO_ONE)),
    at_most(150, "ms", "start to first message", "start", of("outrider", START)),
    at_most(0.3, "% of a core", "idle: the relay's CPU", "idle", of("outrider", CORE), 2),
    at_most(10, "a second", "idle: statements", "idle", of("outrider", STATEMENTS)),
    at_least(0.9, "", "rate while a snapshot is held, of the rate without", "snapshot-backlog",
             ratio("outrider, snapshot held", "outrider"), 2),
    at_least(0.95, "", "rate behind 10,000,000 published rows, of that of an empty table", "published",
             ratio("outrider behind 10,000,000", "outrider, empty"), 2),
    at_least(0.95, "", "rate of a backlog 10 times as large", "backlog-size", ratio("outrider 5,000,000", "outrider 500,000"), 2),
    at_least(0.5, "", "rate over 10 ms of round trip, of the local one", "remote", ratio("outrider 10 ms", "outrider direct"), 2),
)


def row(aim, found):
    reached = found >= aim.aim if aim.least else found <= aim.aim
    bound = f"{'at least' if aim.least else 'at most'} {aim.aim:,g} {aim.unit}".strip()
    return (f"| {aim.what} | {bound} | {number(found, aim.digits)} | "
            f"{'yes' if reached else '**no**'} | [{aim.scenario}](#{aim.scenario}) |\n")


def section(lines):
    """The table of those that were measured, or an empty text."""
    found = [(aim, aim.figure(newest(lines, aim.scenario))) for aim in AIMS]
    rows = "".join(row(aim, figure) for aim, figure in found if figure is not None)
    if not rows:
        return ""
    return ("## What was aimed at\n\nMedians of this run. Rows and seconds are as named, times the number at each scenario. What is not\n"
            "reached is explained [below](#what-bounds-it).\n\n"
            "| figure | aim | measured | reached | scenario |\n|---|---|---:|---|---|\n" + rows + "\n")
