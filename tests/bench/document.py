# SPDX-License-Identifier: Apache-2.0
"""docs/benchmarks.md and its plots, made from the results file alone."""

import os
import statistics
from typing import Callable, NamedTuple

from bench import plot
from bench.results import median, newest, values
from bench.scenario import SCENARIOS


class Column(NamedTuple):
    heading: str
    figure: Callable  # of a line's values
    digits: int = 0


def of(name, factor=1.0):
    """A value as it was measured."""
    return lambda line: line[name] * factor


def per_message(name, factor=1.0):
    return lambda line: line[name] * factor / line["messages"]


def per_second(name, factor=1.0):
    return lambda line: line[name] * factor / line["seconds"]


def quantile(way, name):
    return lambda line: line[way][name] if line["arrived"] else None


RATE = Column("messages/s", lambda line: line["messages"] / line["seconds"])
RELAY_CPU = Column("CPU µs a message", per_message("relay_cpu_s", 1e6), 1)
SERVER_CPU = Column("PostgreSQL CPU µs a message", per_message("server_cpu_s", 1e6), 1)
BROKER_CPU = Column("Kafka CPU µs a message", per_message("broker_cpu_s", 1e6), 1)
WAL = Column("WAL bytes a message", per_message("wal_bytes"))
PEAK = Column("peak memory MiB", of("peak_bytes", 1 / 1048576), 1)
SHARE = Column("CPU of the three, % of all cores", lambda line: 100 * (
    line["relay_cpu_s"] + line["server_cpu_s"] + line["broker_cpu_s"]) / line["clock_s"] / line["cores"])
STATEMENTS = Column("statements a 1,000 messages", per_message("statements", 1000), 1)
COSTS = (RATE, RELAY_CPU, SERVER_CPU, BROKER_CPU, SHARE, WAL, PEAK, STATEMENTS)
COMMIT_TO_CONSUMER = tuple(
    Column(f"commit to consumer {text} ms", quantile("commit_to_consumer_ms", name), 1)
    for text, name in (("p50", "p50"), ("p99", "p99"), ("p99.9", "p999"), ("max", "max")))

HEAD = """# Benchmarks

What outrider does on one machine, beside what could be done at most there. Everything is measured by
`make bench`, which writes this file; [tests/bench/README.md](../tests/bench/README.md) says how, and what each reference is.
PostgreSQL, Kafka, the relay and whoever loads them share the machine's cores: look at the ratios first.

A figure is the median of its rounds, with the least and the greatest behind it. The variants of a scenario
are measured in turn, in the other order each round.

"""


def number(value, digits):
    """As a person writes it: 1,234.5."""
    return f"{value:,.{digits}f}"


def cell(lines, column):
    found = values(lines, column.figure)
    if not found:
        return ""
    text = number(statistics.median(found), column.digits)
    if len(found) > 1:
        text += f" ({number(min(found), column.digits)}–{number(max(found), column.digits)})"
    return text


def why_not(lines):
    """Why a variant was not possible, or None."""
    return next((line["not_possible"] for line in lines if "not_possible" in line), None)


def row(name, lines, columns):
    reason = why_not(lines)
    if reason:
        cells = [f"not possible: {reason}".replace("|", "\\|")] + [""] * (len(columns) - 1)
    else:
        cells = [cell(lines, column) for column in columns]
    return f"| {name} | " + " | ".join(cells) + " |\n"


def table(scenario, variants):
    """The scenario's table, in the order in which it names its variants."""
    columns = [column for column in scenario.columns
               if any(values(lines, column.figure) for lines in variants.values())]
    text = "| | " + " | ".join(column.heading for column in columns) + " |\n"
    text += "|---|" + "---:|" * len(columns) + "\n"
    for variant in scenario.variants:
        if variant.name in variants:
            text += row(variant.name, variants[variant.name], columns)
    return text


def ratios(scenario, variants):
    """(variant, reference, ratio of the first column) for each pair that was measured."""
    found = []
    figure = scenario.columns[0].figure
    for name, reference in scenario.compare:
        own, other = (median(variants.get(one, []), figure) for one in (name, reference))
        if own and other:
            found.append((name, reference, own / other))
    return found


def rounds_of(variants):
    """How many rounds a scenario has, and of which size, as a text."""
    count = max(len(lines) for lines in variants.values())
    scales = sorted({line["scale"] for lines in variants.values() for line in lines})
    size = "" if scales == [1] else ", with rows and seconds times " + " or ".join(f"{one:g}" for one in scales)
    return f"{count} round" + ("s" if count > 1 else "") + size


def section(scenario, variants, write_plot):
    text = f"## {scenario.name}\n\n{scenario.what} {rounds_of(variants).capitalize()}.\n\n"
    text += table(scenario, variants)
    told = ratios(scenario, variants)
    if told:
        text += "\n" + "".join(f"- {name}: {ratio:.2f} of {reference}\n"
                               for name, reference, ratio in told)
    for make in scenario.plots:
        drawn = make(variants)
        if drawn:
            text += f"\n![{drawn.title}]({write_plot(scenario, drawn)})\n"
    return text


def about(line):
    """The machine and the versions of a measurement, as a table's rows."""
    return "| | |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in line.items())


def notes():
    """What people wrote: which optimisations were kept and why, and what bounds the figures."""
    with open(os.path.join(os.path.dirname(__file__), "notes.md"), encoding="utf-8") as text:
        return text.read()


def render(lines, machine, folder, aims=""):
    """The whole document, with `aims` in front of the scenarios; plots go into `folder`/benchmarks."""
    os.makedirs(os.path.join(folder, "benchmarks"), exist_ok=True)

    def write_plot(scenario, drawn):
        name = f"benchmarks/{scenario.name}-{drawn.name}.svg"
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(plot.draw(drawn))
        return name

    commits = []
    parts = []
    for scenario in SCENARIOS.values():
        variants = newest(lines, scenario.name)
        if variants:
            commits += [line["commit"] for own in variants.values() for line in own]
            parts.append(section(scenario, variants, write_plot))
    return (HEAD + about(machine | {"outrider": ", ".join(dict.fromkeys(commits))}) + "\n"
            + aims + "\n".join(parts) + "\n" + notes())


def summary(lines, wanted):
    """For a terminal: the first figures of each scenario, and the ratios."""
    text = ""
    for scenario in wanted:
        variants = newest(lines, scenario.name)
        if not variants:
            continue
        text += f"\n{scenario.name}\n"
        for variant in scenario.variants:
            own = variants.get(variant.name)
            if own:
                said = why_not(own) or ", ".join(
                    f"{cell(own, column)} {column.heading}" for column in scenario.columns[:3]
                    if cell(own, column))
                text += f"  {variant.name:34} {said}\n"
        for name, reference, ratio in ratios(scenario, variants):
            text += f"  ratio {ratio:8.2f}  {name} / {reference}\n"
    return text
