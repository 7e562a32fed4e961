# SPDX-License-Identifier: Apache-2.0
"""What a message, a batch and an idle second cost has not grown.

The figures are counts, not times, so that a busy machine does not change them: instructions and
calls of the lane's thread in `outrider drain` under callgrind, for two backlogs. Their difference has
no start and no end in it, only messages.

`costs.<machine>` holds what was recorded, and how many percent a figure may differ. `UPDATE=1 make
guard` writes it anew: say in the commit why a figure has changed. Recorded with gcc, the Makefile's CFLAGS
and Debian 12's libraries.
"""

import os
import platform
import re
import shutil
import time

import pytest

from guard import callgrind
from support import need
from support.outrider import BINARY, WINDOW_BATCHES

COSTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"costs.{platform.machine()}")
UPDATE = os.environ.get("UPDATE") == "1"
PAYLOAD = "jsonb_build_object('n', n, 'text', repeat('x', 370))"  # 400 bytes
ALLOCATIONS = ("malloc", "calloc", "realloc")
STATEMENTS = ("PQsendQuery", "PQsendQueryParams", "PQsendQueryPrepared", "PQexecParams", "PQexec")
ROUND_TRIPS = ("PQpipelineSync", "PQexecParams", "PQexec")


def recorded():
    """name -> (figure, percent it may differ)."""
    with open(COSTS, encoding="utf-8") as file:
        rows = [line.split() for line in file if line[:1].isalpha()]
    return {name: (float(figure), float(percent)) for name, figure, percent in rows}


def update(name, figure):
    with open(COSTS, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(rf"^({name} +)[\d.]+", rf"\g<1>{figure:.3f}", text, flags=re.MULTILINE)
    with open(COSTS, "w", encoding="utf-8") as file:
        file.write(text)


def verdict(name, figure, cost, percent, lower=True):
    """What is wrong with a measured figure, or None; `lower`: too small is wrong, too."""
    place = f"{os.path.basename(COSTS)} has {cost:g} and allows {percent:g} %"
    if figure > cost * (1 + percent / 100):
        return (f"{name} has grown to {figure:.2f}; {place}. Find the cause (callgrind_annotate), or, "
                "when it is worth that, record it: UPDATE=1 make guard")
    if lower and figure < cost * (1 - percent / 100):
        return (f"{name} has fallen to {figure:.2f}; {place}. Record it, or the gain can be lost unseen: "
                "UPDATE=1 make guard")
    return None


def judge(figures):
    """Fails when a figure is not as recorded, or records them all."""
    if UPDATE:
        for name, figure in figures.items():
            update(name, figure)
    costs = recorded()
    wrong = [verdict(name, figure, *costs[name]) for name, figure in figures.items()]
    if any(wrong):
        pytest.fail("\n".join(filter(None, wrong)), pytrace=False)


@pytest.fixture(autouse=True)
def machine():
    """Instructions are those of one kind of processor."""
    if not os.path.exists(COSTS):
        pytest.skip(f"no figures are recorded for this machine: {COSTS}")


@pytest.fixture
def measure(outrider, outbox, tmp_path):
    """Fills the table with rows, drains it under callgrind; what the lane's thread did."""
    if shutil.which("valgrind") is None:
        need.missing("valgrind")

    def drain(rows, batch_size):
        outbox.fill("orders", rows, payload=PAYLOAD)
        out = str(tmp_path / f"callgrind.{rows}")
        outrider.drain("-o", f"outbox.batch_size={batch_size}",
                       under=callgrind.command(out)).expect(0)
        return callgrind.thread_that_called("window_publish", out)

    return drain


def test_a_message(measure):
    """In full windows of full batches."""
    batch, start = 1000, 8000
    few, many = measure(start, batch), measure(3 * start, batch)
    rows = 2 * start
    instructions = many.instructions - few.instructions
    calls = many.calls - few.calls
    judge({
        "own_instructions_a_message": instructions[os.path.realpath(BINARY)] / rows,
        "instructions_a_message": instructions.total() / rows,
        "allocations_a_message": sum(calls[name] for name in ALLOCATIONS) / rows,
    })


def test_a_batch(measure):
    """Of small ones, so that a window is full before its second is over, under callgrind, too."""
    batch, windows = 20, 2
    start = windows * WINDOW_BATCHES * batch
    few, many = measure(start, batch), measure(3 * start, batch)
    batches = 2 * windows * WINDOW_BATCHES

    def rise(names):
        # At its end a drain idles for a poll or two, each a statement.
        return sum(many.calls[name] - few.calls[name] for name in names) - (
            many.calls["store_poll"] - few.calls["store_poll"])

    judge({
        "statements_a_batch": rise(STATEMENTS) / batches,
        "round_trips_a_batch": rise(ROUND_TRIPS) / batches,
    })


def statements(postgres):
    """How many of outrider's the server has logged."""
    with open(postgres.log, encoding="utf-8", errors="replace") as log:
        return sum(" outrider LOG:  execute" in line for line in log)


@pytest.mark.usefixtures("outbox")
def test_an_idle_second(outrider, postgres):
    """A slow machine can only make it less, so what is recorded is not a measurement: one statement
    after each wait, which is nine tenths of poll_max or more, 119 ms in the mean."""
    daemon = outrider.run()
    started = statements(postgres) + 60
    daemon.wait_until(lambda: statements(postgres) >= started, 60, "its start and the first polls")
    begun, before = time.monotonic(), statements(postgres)
    daemon.wait_until(lambda: statements(postgres) >= before + 40, 60, "40 statements")
    seconds = time.monotonic() - begun
    name = "idle_statements_a_second"
    wrong = verdict(name, 40 / seconds, *recorded()[name], lower=False)
    if wrong:
        pytest.fail(wrong, pytrace=False)


@pytest.mark.parametrize("figure, word", [(89, "fallen"), (91, None), (109, None), (111, "grown")])
def test_it_can_fail(figure, word):
    wrong = verdict("instructions_a_message", figure, 100, 10)
    assert word in wrong if word else wrong is None
