# SPDX-License-Identifier: Apache-2.0
"""The clock steps back by an hour."""

from fault.case import NotPossible, case
from support.wall_clock import WallClock, library

ROW = "clock steps back an hour"


def clock_in(directory):
    if library() is None:
        raise NotPossible("libfaketime is absent (the package faketime)")
    return WallClock(directory)


@case(ROW, "none", times=(1, 3))
def relay_clock_steps_back(stage):
    """The relay's clock falls back an hour, and forward again, while messages flow"""
    clock = clock_in(stage.directory)
    stage.kill_relay()
    stage.faults += 1
    stage.revive(env=clock.env)
    for _ in stage.times():
        stage.flow(100)
        clock.set("-1h")
        stage.flow(200)
        stage.wait(stage.lasting(1, 5))
        clock.set("+0")
        stage.flow(200)


def with_a_clock(servers):
    clock = clock_in(servers.directory("clock"))
    server = servers.own_postgres(env=clock.env)
    server.clock = clock
    return server


@case(ROW, "none", times=(1, 3), own_postgres=with_a_clock)
def postgres_clock_steps_back(stage):
    """PostgreSQL's clock falls back an hour, and forward again, while messages flow"""
    for _ in stage.times():
        stage.flow(100)
        stage.postgres.clock.set("-1h")
        stage.flow(200)
        stage.check(stage.value("SELECT max(created_at) - now() > '50 min' FROM outbox_messages"),
                    "the server's clock has fallen back")
        stage.wait(stage.lasting(1, 5))
        stage.postgres.clock.set("+0")
        stage.flow(200)
