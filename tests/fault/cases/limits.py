# SPDX-License-Identifier: Apache-2.0
"""Memory runs out, and payloads as large as may be."""

import resource
import signal

from fault.case import case
from support.process import wait_until

ROW = "memory fails to allocate; a payload as large as `batch_bytes`"
LARGE = {"outbox": {"batch_bytes": "1MiB"}, "kafka": {"message.max.bytes": 3000000}}
FATAL = (-signal.SIGABRT, -signal.SIGSEGV)


def address_space(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


@case(ROW, "none", times=(2, 10), load={"pad": 2000})
def memory_fails_to_allocate(stage):
    """RLIMIT_AS falls to what the relay has; it aborts, and is restarted as systemd does"""
    for _ in stage.times():
        stage.flow(60)
        daemon = stage.relay()
        stage.relays.ended(daemon)
        limit = address_space(daemon.pid)
        resource.prlimit(daemon.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        for number in range(3):  # what does not fit into what it has
            stage.odd_row(stage.topics[0], aggregate=f"large-{number}", pad=900000)
        wait_until(lambda: daemon.child.poll() is not None, 20, "the relay runs out of memory")
        stage.check(daemon.child.returncode == -signal.SIGABRT,
                    f"out of memory is an abort (it ended with {daemon.child.returncode})")
        stage.check("out of memory" in daemon.text().lower(), "out of memory is said")
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
