# SPDX-License-Identifier: Apache-2.0
"""What a running relay shows by HTTP, as a client sees it."""

import http.client
import json
import re

SAMPLE = re.compile(r'^([a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z]+)="((?:\\.|[^"\\])*)"')
ANYWHERE = {"http": {"listen": "127.0.0.1:0"}}


class Monitor:
    """Of a daemon that was started with http.listen; by default the address that it last said."""

    def __init__(self, daemon, port=None):
        self.daemon = daemon
        self.port = port or daemon.wait_until(self._port_said, 10, "http_listening")

    def _port_said(self):
        said = [event for event in self.daemon.events() if event["event"] == "http_listening"]
        return int(said[-1]["port"]) if said else None

    def ask(self, path, method="GET", body=None, headers=()):
        """(status, headers, body as bytes)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def get(self, path):
        """The body as text; the status must be 200."""
        status, _, body = self.ask(path)
        assert status == 200, (status, body)
        return body.decode()

    def answers(self, path):
        """(status, the JSON object)."""
        status, _, body = self.ask(path)
        return status, json.loads(body)

    def status(self):
        return json.loads(self.get("/status.json"))

    def metrics(self):
        """name -> {labels as a sorted tuple of pairs: value}."""
        found = {}
        for line in self.get("/metrics").splitlines():
            if not line.startswith("#"):
                name, labels, value = SAMPLE.match(line).groups()
                found.setdefault(name, {})[tuple(sorted(LABEL.findall(labels or "")))] = float(value)
        return found

    def metric(self, name, **labels):
        """One sample's value; None when there is none."""
        return self.metrics().get(name, {}).get(tuple(sorted(labels.items())))

    def wait_for(self, condition, timeout, what):
        """Waits until condition(self) is true; its value."""
        return self.daemon.wait_until(lambda: condition(self), timeout, what)
