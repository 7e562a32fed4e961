# SPDX-License-Identifier: Apache-2.0
"""The mock Kafka (mock_kafka.c) as a process, told at run time which errors to answer."""

import collections
import os
import signal
import subprocess

from support import process
from support.outrider import BINARY

PROGRAM = os.path.join(os.path.dirname(BINARY), "mock-kafka")
# What a kafka-python client has to be told: the mock closes the connection on newer requests.
API_VERSION = (0, 10, 2)
PRODUCE, METADATA, PRODUCER_ID = 0, 3, 22

Code = collections.namedtuple("Code", "number name fault permanent")


class MockKafka:
    """One broker in memory. `bootstrap` is what a client is given."""

    def __init__(self):
        self._child = None
        self.bootstrap = None

    def start(self):
        self._child = process.spawn([PROGRAM, "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, text=True)
        self.bootstrap = self._child.stdout.readline().strip().partition("=")[2]
        assert self.bootstrap, f"{PROGRAM} did not start"
        return self

    def _command(self, line):
        self._child.stdin.write(line + "\n")
        self._child.stdin.flush()
        answer = []
        while not answer or answer[-1] not in ("ok", "no"):
            said = self._child.stdout.readline()
            assert said, f"{PROGRAM} has ended"
            answer.append(said.strip())
        assert answer.pop() == "ok", f"{PROGRAM} does not know {line!r}"
        return answer

    def codes(self):
        """outrider's table of Kafka's errors."""
        rows = [line.split() for line in self._command("codes")]
        return [Code(int(row[0]), row[1], row[2], row[3:] == ["permanent"]) for row in rows]

    def fail(self, code, count=1, request=PRODUCE):
        """The next `count` requests of that kind are answered with the error."""
        self._command(f"push {request} {count} {code}")

    def forgive(self, request=PRODUCE):
        """Takes back the errors that were not answered yet."""
        self._command(f"clear {request}")

    def freeze(self):
        """Nothing is answered until thaw()."""
        self._child.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._child.send_signal(signal.SIGCONT)

    def stop(self):
        if self._child is not None:
            process.stop(self._child)
