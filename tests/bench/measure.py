# SPDX-License-Identifier: Apache-2.0
"""What something costs: the kernel's accounts of processes, and PostgreSQL's own counters."""

import json
import os
import threading
import time

from support import process
from support.outrider import BINARY

TICK = os.sysconf("SC_CLK_TCK")
SAMPLE_SECONDS = 0.1
PROGRAMS = os.path.join(os.path.dirname(BINARY), "bench")


class NotPossible(Exception):
    """This machine or this version cannot do it; the text says why."""


def cpu_seconds(pid, with_ended_children=False):
    """User and system time of a process so far (proc(5), stat); 0 when it has gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(fields[at]) for at in range(11, 15 if with_ended_children else 13)) / TICK


def peak_bytes(pid):
    """The most bytes that a process has had resident (VmHWM); 0 when it has gone.

    Not what wait4 says: that begins with what the runner had when it forked.
    """
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


class Finished:
    """A program that has run to its end."""

    def __init__(self, code, stdout, stderr, seconds, cpu_s, peak):
        self.code, self.stdout, self.stderr = code, stdout, stderr
        self.seconds, self.cpu_s, self.peak = seconds, cpu_s, peak


def run(argv, base, timeout=3600, env=None):
    """Runs a program to its end, and says what it cost."""
    paths = [os.path.join(base, name) for name in ("stdout", "stderr")]
    ended = threading.Event()
    peak = 0

    def watch(pid):
        nonlocal peak
        while not ended.wait(SAMPLE_SECONDS):
            peak = max(peak, peak_bytes(pid))

    with open(paths[0], "wb") as out, open(paths[1], "wb") as err:
        began = time.monotonic()
        child = process.spawn(argv, stdout=out, stderr=err, env=env)
    watcher = threading.Thread(target=watch, args=(child.pid,), daemon=True)
    killer = threading.Timer(timeout, process.kill, (child.pid,))
    watcher.start()
    killer.start()
    try:
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
    finally:
        killer.cancel()
        ended.set()
        watcher.join()
    texts = []
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as text:
            texts.append(text.read())
    return Finished(child.returncode, *texts, seconds, usage.ru_utime + usage.ru_stime, peak)


def argv_of(program, **arguments):
    """The command line of one of the benchmark's programs."""
    return [os.path.join(PROGRAMS, program)] + [f"{name}={value}" for name, value in arguments.items()]


def program(name, base, **arguments):
    """Runs one of the benchmark's programs to its end: what it prints, as a dict."""
    done = run(argv_of(name, **arguments), base)
    if done.code != 0:
        raise RuntimeError(f"{name} exited {done.code}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


class Meter:
    """What the servers spend between `with` and its end, as a dict in `spent`.

    `role`: the statements of this role are counted too; its sessions must be tracked.
    """

    def __init__(self, servers, role=None):
        self.servers, self.role = servers, role
        self.spent = {}

    def _read(self):
        now = {
            "clock_s": time.monotonic(),
            "server_cpu_s": self.servers.postgres_cpu(),
            "broker_cpu_s": cpu_seconds(self.servers.kafka.pid),
            "wal_bytes": self.servers.value("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"),
        }
        if self.role:
            now["statements"], now["relay_sql_s"] = self.servers.statements(self.role)
        return {name: float(value) for name, value in now.items()}

    def __enter__(self):
        self._before = self._read()
        return self

    def __exit__(self, *_):
        after = self._read()
        self.spent = {name: round(after[name] - before, 4) for name, before in self._before.items()}
        self.spent["cores"] = os.cpu_count()
