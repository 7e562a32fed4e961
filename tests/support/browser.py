# SPDX-License-Identifier: Apache-2.0
"""A real browser without a window: chromium, spoken to over a pipe (DevTools protocol)."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time

from support import process

# The protocol's descriptors; out of their way first, for one may have the other's number.
AT_3_AND_4 = """
import os, sys
ends = [os.dup2(int(fd), 60 + i) for i, fd in enumerate(sys.argv[1:3])]
for number, end in enumerate(ends, 3):
    os.dup2(end, number)
    os.close(end)
os.execv(sys.argv[3], sys.argv[3:])
"""
NAMES = ("chromium", "chromium-browser", "google-chrome")


def program():
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One tab. `complaints` are the page's errors and violations of its policy."""

    def __init__(self, directory):
        to_child, self._out = os.pipe()
        self._in, from_child = os.pipe()
        self._child = process.spawn(
            [sys.executable, "-c", AT_3_AND_4, str(to_child), str(from_child),
             program(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={directory}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(to_child, from_child))
        os.close(to_child)
        os.close(from_child)
        self._buffer, self._number, self._events, self.complaints = b"", 0, [], []
        self._session = None
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Runtime", "Network"):
            self._ask(f"{domain}.enable")

    def _read(self, deadline):
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            assert left > 0 and select.select([self._in], [], [], left)[0], "the browser does not answer"
            data = os.read(self._in, 1 << 20)
            assert data, "the browser has ended"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)

    def _note(self, message):
        self._events.append(message["method"])
        if message["method"] == "Log.entryAdded":
            self.complaints.append(message["params"]["entry"]["text"])
        elif message["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(message["params"]))

    def _ask(self, method, timeout=60, **params):
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            if "method" in answer:
                self._note(answer)

    def open(self, url, width, height):
        """Loads it in a window of that size, with a phone's density when it is narrow."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=2 if width < 600 else 1, mobile=width < 600)
        self._events.clear()
        self._ask("Page.navigate", url=url)
        deadline = time.monotonic() + 60
        while "Page.loadEventFired" not in self._events:
            message = self._read(deadline)
            if "method" in message:
                self._note(message)

    def value(self, expression):
        """Of JavaScript in the page."""
        answer = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def picture(self, path):
        """The whole page as PNG."""
        data = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        with open(path, "wb") as out:
            out.write(base64.b64decode(data))

    def close(self):
        process.stop(self._child)
        os.close(self._out)
        os.close(self._in)
