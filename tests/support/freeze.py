# SPDX-License-Identifier: Apache-2.0
"""Stops one thread of a child process, while its others run on.

SIGSTOP stops a process as a whole. A debugger's attachment stops the thread that it is made to and
no other (ptrace(2)), which is what a call that never returns looks like from outside.
"""

import contextlib
import ctypes
import os

from support import need

PTRACE_ATTACH, PTRACE_DETACH = 16, 17
WALL = 0x40000000  # __WALL: wait for any thread, waitpid(2)

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def lane_threads(pid):
    """The lanes' threads, by their names."""
    found = []
    for tid in map(int, os.listdir(f"/proc/{pid}/task")):
        with open(f"/proc/{pid}/task/{tid}/comm", encoding="ascii") as comm:
            if comm.read().startswith("lane-"):
                found.append(tid)
    return found


@contextlib.contextmanager
def frozen(tid):
    """The thread is stopped within the block."""
    if _libc.ptrace(PTRACE_ATTACH, tid, None, None) != 0:
        need.missing(f"ptrace of a child ({os.strerror(ctypes.get_errno())})")
    os.waitpid(tid, WALL)
    try:
        yield
    finally:
        if _libc.ptrace(PTRACE_DETACH, tid, None, None) != 0:
            os.waitpid(tid, WALL)  # its process has ended, and a traced thread waits to be reaped
