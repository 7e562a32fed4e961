# SPDX-License-Identifier: Apache-2.0
"""A wall clock that a test can set for one process. libfaketime stands between the process and the wall clock, not the
monotonic one, and reads from a file the offset that it adds."""

import glob
import os
import subprocess

from support import need

WAITS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "real_waits.c")
LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"


def library():
    """The library's path, or None when it is absent."""
    return next(iter(glob.glob(LIBRARY)), None)


class WallClock:
    """`env` is for the process that is to see this clock; `set` moves it while the process runs."""

    def __init__(self, directory, offset="+0"):
        path = library()
        if path is None:
            need.missing("libfaketime (the package faketime)")
        waits = os.path.join(directory, "real_waits.so")
        subprocess.run(["cc", "-std=c17", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", waits, WAITS], check=True)
        self.path = os.path.join(directory, "clock")
        self.set(offset)
        self.env = {"LD_PRELOAD": f"{waits} {path}", "FAKETIME_TIMESTAMP_FILE": self.path,
                    "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                    "FAKETIME_DONT_RESET": "1"}

    def set(self, offset):
        with open(self.path + ".new", "w", encoding="ascii") as out:
            out.write(offset + "\n")
        os.chmod(self.path + ".new", 0o644)
        os.replace(self.path + ".new", self.path)
