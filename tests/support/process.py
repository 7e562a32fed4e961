# SPDX-License-Identifier: Apache-2.0
"""Processes that die with the test, free ports, and waiting for a condition with a deadline.

A server is started with PR_SET_PDEATHSIG, so that it goes when the test runner goes, even by
SIGKILL; it is set after the change of user, because that change clears it. Processes are ended by
their own pid, never by name: others may run the same programs.
"""

import ctypes
import os
import pwd
import random
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Deadline(AssertionError):
    """A condition did not come true in time."""


def wait_until(condition, timeout, what, every=0.02):
    """Polls condition() until it is true and returns its value; fails after `timeout` seconds.

    `what` says what was waited for; it may be a function, called only on failure.
    """
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            text = what() if callable(what) else what
            raise Deadline(f"not within {timeout:g} s: {text}")
        time.sleep(every)


def free_port():
    """A loopback TCP port that nobody uses now. It is below those that the kernel gives to outgoing
    connections (ip_local_port_range): one of them would be taken by the time a server binds it."""
    while True:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", random.SystemRandom().randrange(15000, 32000)))
            except OSError:
                continue
            return probe.getsockname()[1]


def port_open(port):
    """Whether something accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def server_user():
    """The user for servers that refuse root: postgres under root, else None (stay who we are)."""
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return None
    return "postgres"


def spawn(argv, *, user=None, death_signal=signal.SIGKILL, **options):
    """subprocess.Popen of a child that gets `death_signal` when this process dies."""
    parent = os.getpid()

    def die_with_parent():
        if _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
            os._exit(126)
        if os.getppid() != parent:
            os._exit(126)

    if user is not None:
        options.update(user=user, group=pwd.getpwnam(user).pw_gid, extra_groups=[])
    return subprocess.Popen(argv, preexec_fn=die_with_parent, **options)


def run_as(argv, *, user=None, timeout=60):
    """Runs a command to its end as `user` and returns its output; fails with its words."""
    with spawn(
        argv, user=user, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    if process.returncode != 0:
        raise RuntimeError(f"{argv[0]} exited {process.returncode}:\n{output.decode(errors='replace')}")
    return output


def stop(process, first=signal.SIGTERM, timeout=10):
    """Ends a child by its pid: `first`, then SIGKILL after `timeout` seconds. Returns its status."""
    if process.poll() is None:
        process.send_signal(first)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
    return process.returncode


def children(parent):
    """The pids of a process's children."""
    with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as pids:
        return [int(pid) for pid in pids.read().split()]


def kill(pid, number=signal.SIGKILL):
    """A signal to a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
