# SPDX-License-Identifier: Apache-2.0
"""The network between the relay and a server, by the tests' own proxy."""

import time

from fault.case import case
from support.process import wait_until

ROW = "network: silently dropped both ways, one way, delayed 200 ms, slow drip, reset, half-open"
COMMIT = "connection cut just before and just after COMMIT"
SERVERS = ("postgres", "kafka")
# Shorter than the defaults, so that each deadline passes within the case.
PATIENCE = {"database": {"statement_timeout": "6s"}, "outbox": {"window_deadline": "5s"}}


def on_both(word, what, times, act, named=()):
    """Registers the case for the way to PostgreSQL and for the way to Kafka. `named`: which of them
    the relay must have noticed; librdkafka connects anew by itself, and what is slow is waited for."""
    for server in SERVERS:

        def run(stage):
            for _ in stage.times():
                stage.flow(40)
                stage.wait(0, 0.2)
                began = time.monotonic()
                act(stage)
                stage.probed(began)
                stage.proxy.heal()
            stage.heal()
            stage.flow(60)

        run.__name__ = f"{word}_to_{server}"
        run.__doc__ = f"{what}, on the way to {server.capitalize()}"
        case(ROW, "cluster", times=times, behind=server, config=PATIENCE,
             hidden=server not in named)(run)


def silent(up, down):
    def act(stage):
        stage.proxy.silence(up=up, down=down)
        stage.wait(stage.lasting(3, 29))
        stage.check(stage.stalls(1), "nothing gets through")
        if stage.long:  # longer than every deadline
            stage.noticed()
    return act


def delayed(stage):
    stage.proxy.delay(0.2)
    stage.flow(40)
    stage.wait(stage.lasting(3, 15))


def dripping(stage):
    stage.proxy.drip(3000)
    stage.wait(stage.lasting(4, 20))


def reset(stage):
    stage.flow(1)  # it is connected again after the reset before
    stage.check(stage.proxy.reset() > 0, "there is a connection to reset")


def half_open(stage):
    stage.check(stage.proxy.half_open() > 0, "there is a connection to lose")
    stage.flow(40, timeout=45)


def at_a_byte(stage):
    stage.proxy.cut_after_bytes(stage.chance.randint(1, 30000))
    wait_until(lambda: not stage.proxy.armed(), 30, "enough bytes have gone")


# A broken connection to PostgreSQL ends a window, one to Kafka only when it lasts.
on_both("silent_both_ways", "Nothing is forwarded for 4 s (long: 30 s)", (1, 2), silent(True, True))
on_both("silent_upwards", "Nothing is forwarded to the server for 4 s (long: 30 s)", (1, 2),
        silent(True, False))
on_both("silent_downwards", "Nothing is forwarded to the relay for 4 s (long: 30 s)", (1, 2),
        silent(False, True))
on_both("delayed", "200 ms each way for some seconds", (1, 2), delayed)
on_both("dripping", "3 kB a second for some seconds", (1, 2), dripping)
on_both("reset", "RST on both sides of every connection", (4, 15), reset, named=("postgres",))
on_both("half_open", "The server loses the connection and the relay is not told", (1, 2), half_open,
        named=SERVERS)
on_both("cut_at_a_byte", "RST after a random number of bytes", (4, 15), at_a_byte,
        named=("postgres",))


def around_commit(when):
    """Registers the case: COMMIT never gets there, or its answer never comes back."""

    def run(stage):
        for _ in stage.times():
            stage.flow(20)
            stage.proxy.cut_at_commit(when)
            wait_until(lambda: not stage.proxy.armed(), 20, "a COMMIT was sent")
        stage.flow(60)
        stage.noticed()

    run.__name__ = f"cut_just_{when}_commit"
    run.__doc__ = ("The connection is reset as COMMIT is sent, which the server never gets"
                   if when == "before" else
                   "The server commits, and the connection is reset before its answer comes")
    case(COMMIT, "cluster", times=(4, 15), behind="postgres")(run)


around_commit("before")
around_commit("after")
