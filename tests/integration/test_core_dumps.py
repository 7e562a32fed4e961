# SPDX-License-Identifier: Apache-2.0
"""The relay's memory holds passwords and payloads: no core has it, and no other process of its user reads it."""

import os
import subprocess

import pytest

from support import need, process
from support.outrider import BINARY, environment

DSN = "host=127.0.0.1 port=1 user=x dbname=x"


@pytest.fixture
def run():
    """Starts outrider as a user without rights, for whom the kernel's rules hold, until it has started: the process, and
    what it said until then."""
    user = process.server_user()
    started = []

    def start(**env):
        env = environment({"OUTRIDER_DATABASE_DSN": DSN, "OUTRIDER_HTTP_LISTEN": "127.0.0.1:0", **env})
        child = process.spawn([BINARY, "run", "-o", "kafka.bootstrap.servers=127.0.0.1:1"], user=user, env=env, cwd="/",
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        started.append(child)
        said = []
        for line in child.stderr:
            said.append(line.decode())
            if "relay_started" in said[-1]:
                return child, "".join(said)
        pytest.fail("it ended")

    if user is None and os.geteuid() == 0:
        need.missing("a user without rights")
    yield start
    for child in started:
        process.stop(child)
        child.stderr.close()


def owner_of_memory(child):
    """Root's, when the process is not dumpable (proc(5)); else its user's."""
    return os.stat(f"/proc/{child.pid}/mem").st_uid


def test_it_is_not_dumpable(run):
    child, _ = run(OUTRIDER_ALLOW_CORE="0")
    assert owner_of_memory(child) == 0


def test_who_looks_for_a_crash_can_allow_it(run):
    """And is not told of an unknown variable, as of one that is."""
    child, said = run(OUTRIDER_ALLOW_CORE="1", OUTRIDER_ALLOW_CRASH="1")
    assert owner_of_memory(child) != 0
    process.stop(child)
    said += child.stderr.read().decode()
    assert "OUTRIDER_ALLOW_CRASH: unknown variable" in said
    assert "OUTRIDER_ALLOW_CORE" not in said
