# SPDX-License-Identifier: Apache-2.0
"""Memory runs out, and payloads as large as may be."""

import resource
import signal

from fault.case import case
from support.process import wait_until

ROW = "memory fails to allocate; a payload as large as `batch_bytes`"
LARGE = {"outbox": {"batch_bytes": "1MiB"}, "kafka": {"message.max.bytes": 3000000}}


def address_space(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


@case(ROW, "none", times=(2, 10))
def memory_fails_to_allocate(stage):
    """RLIMIT_AS falls to what the relay has: it aborts and is restarted as systemd does, or lives on"""
    for _ in stage.times():
        stage.kill_relay()  # the next one has a single arena, so that what it has is what it uses
        daemon = stage.revive(env={"MALLOC_ARENA_MAX": "1"})
        stage.flow(60)
        stage.relays.ended(daemon)
        limit = address_space(daemon.pid)
        resource.prlimit(daemon.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        for number in range(20):  # more than fits into that
            stage.odd_row(stage.topics[0], aggregate=f"large-{number}", pad=900000)
        try:
            wait_until(lambda: daemon.child.poll() is not None, 4, "the relay runs out of memory")
        except AssertionError:
            stage.check("memory" in daemon.text(), "that memory is short is said")
            stage.relays.kill(daemon)
        else:
            stage.check(daemon.child.returncode == -signal.SIGABRT,
                        f"out of memory is an abort (it ended with {daemon.child.returncode})")
        stage.faults += 1
        stage.revive()
    stage.flow(60)


@case(ROW, "none", times=(2, 10), config=LARGE)
def payload_as_large_as_batch_bytes(stage):
    """Payloads of batch_bytes less 1, exactly, and 1 more, with the relay killed among them"""
    overhead = len('{"pad": ""}')
    rows = []
    for _ in stage.times():
        for size in (-1, 0, 1):
            rows.append(stage.odd_row(stage.topics[0], aggregate="large",
                                      pad=(1 << 20) - overhead + size))
        stage.wait(0, 0.1)
        stage.kill_relay()
        stage.revive()
        stage.flow(60)
    stage.heal()
    stage.all_published(rows)
