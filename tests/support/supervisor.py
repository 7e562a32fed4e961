# SPDX-License-Identifier: Apache-2.0
"""A service manager's end of sd_notify(3): a socket that hears what a daemon says, with the times."""

import os
import select
import socket
import time

from support.process import wait_until


class Supervisor:
    def __init__(self, directory):
        path = os.path.join(directory, "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(path)
        self._socket.setblocking(False)
        self.env = {"NOTIFY_SOCKET": path}
        self.heard = []  # every datagram, in order
        self.beats = []  # when WATCHDOG=1 came; not among the former
        self._waited = 0

    def close(self):
        self._socket.close()

    def watching(self, seconds):
        """The environment of a daemon that has to send WATCHDOG=1 at least so often."""
        return self.env | {"WATCHDOG_USEC": str(int(seconds * 1_000_000))}

    def listen(self):
        """Takes in what has arrived. Datagrams wait in the socket, so times are by the next call."""
        while True:
            try:
                state = self._socket.recv(4096).decode()
            except BlockingIOError:
                return
            if state == "WATCHDOG=1":
                self.beats.append(time.monotonic())
            else:
                self.heard.append(state)

    def wait_for(self, beginning, timeout=15):
        """Waits for a state that begins so, behind the one waited for before; the state."""

        def found():
            self.listen()
            for at in range(self._waited, len(self.heard)):
                if self.heard[at].startswith(beginning):
                    self._waited = at + 1
                    return self.heard[at]
            return None

        return wait_until(found, timeout, lambda: f"{beginning} among {self.heard[self._waited:]}")

    def listen_for(self, seconds):
        """The longest time without WATCHDOG=1 within the next seconds."""
        started = time.monotonic()
        self.beats.clear()
        while (left := started + seconds - time.monotonic()) > 0:
            select.select([self._socket], [], [], left)
            self.listen()
        marks = [started, *self.beats, time.monotonic()]
        return max(later - earlier for earlier, later in zip(marks, marks[1:]))
