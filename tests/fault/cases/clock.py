# SPDX-License-Identifier: Apache-2.0
"""The clock steps back by an hour. libfaketime stands between a process and the wall clock, not the
monotonic one, and reads from a file what it is to say."""

import glob
import os

from fault.case import NotPossible, case

ROW = "clock steps back an hour"
LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class Clock:
    """A wall clock that can be set; `env` is for the process that is to see it."""

    def __init__(self, directory):
        found = glob.glob(LIBRARY)
        if not found:
            raise NotPossible("libfaketime is absent (the package faketime)")
        self.path = os.path.join(directory, "clock")
        self.set("+0")
        self.env = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": self.path,
                    "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "FAKETIME_DONT_RESET": "1"}

    def set(self, offset):
        with open(self.path + ".new", "w", encoding="ascii") as out:
            out.write(offset + "\n")
        os.chmod(self.path + ".new", 0o644)
        os.replace(self.path + ".new", self.path)


@case(ROW, "none", times=(1, 3))
def relay_clock_steps_back(stage):
    """The relay's clock falls back an hour, and forward again, while messages flow"""
    clock = Clock(stage.directory)
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
    clock = Clock(servers.directory("clock"))
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
