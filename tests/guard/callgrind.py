# SPDX-License-Identifier: Apache-2.0
"""A program under valgrind's callgrind: how many instructions each thread ran, and what it called.

The counts hardly differ from run to run, however busy the machine is. The files' format: valgrind's
manual, "Callgrind Format Specification".
"""

import collections
import glob
import re

NAME = re.compile(r"(fn|cfn|ob|cob)=\((\d+)\)(?: (.*))?$")
COST = re.compile(r"[-+*\d]\S* (\d+)")


def command(out):
    """The words in front of a command; a file `out`-<number> is left for each thread."""
    return ["valgrind", "-q", "--tool=callgrind", "--separate-threads=yes", "--fair-sched=yes",
            f"--callgrind-out-file={out}"]


class Thread:
    """`instructions` by object file and `calls` by function, as Counters."""

    def __init__(self, path):
        self.instructions = collections.Counter()
        self.calls = collections.Counter()
        names = {}  # a name is written out once, then only its number
        current = {}
        is_call = False  # the cost line after "calls=" is the callee's, which has its own lines
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if found := NAME.match(line):
                    kind, number, name = found.groups()
                    key = (kind[-2:], number)
                    current[kind] = names[key] = name or names[key]
                elif line.startswith("calls="):
                    self.calls[current["cfn"]] += int(line[len("calls="):].split()[0])
                    is_call = True
                elif found := COST.match(line):
                    if not is_call:
                        self.instructions[current["ob"]] += int(found[1])
                    is_call = False


def thread_that_called(function, out):
    """The one thread of the run behind `out` that called this function."""
    threads = [Thread(path) for path in glob.glob(glob.escape(out) + "-*")]
    found = [thread for thread in threads if thread.calls[function]]
    assert len(found) == 1, f"{len(found)} of {len(threads)} threads called {function}"
    return found[0]
