# SPDX-License-Identifier: Apache-2.0
"""Clients that hold connections keep nobody out: a probe is answered beside them, and who keeps a connection keeps it."""

import http.client
import os
import selectors
import socket
import threading
import time

import pytest

from support.monitor import ANYWHERE, Monitor
from support.process import wait_until

CROWD = 200
HEAD = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
PAGE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture
def monitor(outrider, away):
    """Of a relay without servers: nothing else is going on."""
    nowhere = {"database": {"dsn": f"postgresql://postgres@{away}/none"}, "kafka": {"bootstrap.servers": away}}
    return Monitor(outrider.run(config=ANYWHERE | nowhere))


class Crowd:
    """So many connections that each send `begin`, then a byte now and then; one that is closed is made anew.

    A client that `reads` nothing sees by what it sends that its connection has ended."""

    def __init__(self, port, begin, reads=True):
        self.port, self.begin, self.reads = port, begin, reads
        self.made = 0
        self.bytes = 0
        self.failure = None
        self.sockets = [self._connect() for _ in range(CROWD)]
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._work)
        self.thread.start()

    def _connect(self):
        while True:
            self.made += 1
            one = socket.create_connection(("127.0.0.1", self.port), timeout=10)
            try:
                one.sendall(self.begin)
            except ConnectionError:  # it had to make room already
                one.close()
                continue
            one.setblocking(False)
            return one

    @property
    def ended(self):
        """How many connections the server has ended."""
        return self.made - CROWD

    def _is_closed(self, one):
        if not self.reads:
            return False
        try:
            return one.recv(65536) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def _work(self):
        try:
            self._drip()
        except Exception as error:  # raised at the end, in the test's own thread
            self.failure = error

    def _drip(self):
        while not self.stop.wait(0.05):
            for i, one in enumerate(self.sockets):
                try:
                    if not self._is_closed(one):
                        self.bytes += one.send(b"x")
                        continue
                except BlockingIOError:
                    continue
                except ConnectionError:
                    pass
                one.close()
                self.sockets[i] = self._connect()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        self.stop.set()
        self.thread.join()
        for one in self.sockets:
            one.close()
        if self.failure is not None:
            raise self.failure from error


CROWDS = {
    "a head that never ends": HEAD,
    "no byte at all": b"",
    "a second head that never ends": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + HEAD,
    "a body that never ends": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000000\r\n\r\n",
}


@pytest.mark.parametrize("crowd", CROWDS)
def test_a_probe_is_answered(monitor, outrider, crowd):
    """Though the crowd never pauses."""
    listen = {"http": {"listen": f"127.0.0.1:{monitor.port}"}}
    with Crowd(monitor.port, CROWDS[crowd]) as clients:
        for path in ["/healthz", "/readyz", "/metrics", "/status.json", "/"] * 4:
            assert monitor.ask(path)[0] == (503 if path == "/readyz" else 200), path
        outrider.command("health", config=listen).expect(0)
        wait_until(lambda: clients.made + clients.bytes > 3 * CROWD, 20, "slow clients at work")
        outrider.command("health", config=listen).expect(0)
        wait_until(lambda: clients.ended > 0, 20, "one of them ended")
    assert monitor.daemon.terminate() == 0


def test_answers_that_are_not_read(monitor):
    """Pipelined requests for the page: whoever reads none of the answers makes room for others."""
    with Crowd(monitor.port, PAGE * 400, reads=False) as clients:
        for _ in range(20):
            ended = clients.ended
            assert monitor.ask("/healthz")[0] == 200
            wait_until(lambda ended=ended: clients.ended > ended, 20, "connections that were ended")
    assert monitor.daemon.terminate() == 0


def test_requests_wait_while_answers_are_not_read(monitor):
    """Nothing can be sent any more then: the server keeps neither requests nor answers in its memory without an end."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.connect(("127.0.0.1", monitor.port))
        one.setblocking(False)
        sent = 0

        def sends():
            nonlocal sent
            try:
                while True:
                    sent += one.send((PAGE * 400)[sent % len(PAGE):])
            except BlockingIOError:
                return

        def stalls():
            """Each answer to a probe is a round in which the server could have taken more."""
            before = sent
            for _ in range(10):
                assert monitor.ask("/healthz")[0] == 200
                sends()
            return sent == before

        sends()
        wait_until(stalls, 20, "nothing can be sent any more")
        assert one.recv(12) == b"HTTP/1.1 200"
    assert monitor.daemon.terminate() == 0


def test_a_kept_connection_is_kept(monitor):
    kept = http.client.HTTPConnection("127.0.0.1", monitor.port, timeout=10)
    kept.request("GET", "/healthz")
    assert kept.getresponse().read()
    mine = kept.sock.getsockname()
    with Crowd(monitor.port, HEAD) as clients:
        for _ in range(10):
            made = clients.made
            kept.request("GET", "/metrics")
            answer = kept.getresponse()
            assert answer.status == 200 and answer.read()
            assert kept.sock.getsockname() == mine, "the same connection"
            wait_until(lambda made=made: clients.made > made, 20, "others that were closed")
    kept.close()
    assert monitor.daemon.terminate() == 0


def test_a_head_has_a_deadline_that_bytes_do_not_extend(monitor):
    """Alone, too: a few slow ones are not waited for either."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", monitor.port), timeout=30) as one:
        one.sendall(HEAD)

        def closed():
            try:
                one.sendall(b"x")
                one.settimeout(0.05)
                return one.recv(1) == b""
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        wait_until(closed, 60, "its end")
        assert time.monotonic() - began >= 5
    assert monitor.daemon.terminate() == 0


def test_it_sleeps_while_nothing_comes(monitor):
    """Neither an idle server nor one with idle connections turns in a loop."""

    def cpu():
        with open(f"/proc/{monitor.daemon.pid}/task/{thread}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[2])

    [thread] = [task for task in os.listdir(f"/proc/{monitor.daemon.pid}/task")
                if open(f"/proc/{monitor.daemon.pid}/task/{task}/comm", encoding="ascii").read() == "http\n"]
    idle = [socket.create_connection(("127.0.0.1", monitor.port)) for _ in range(5)]
    assert monitor.ask("/healthz")[0] == 200
    before = cpu()
    selector = selectors.DefaultSelector()
    for one in idle:
        selector.register(one, selectors.EVENT_READ)
    assert selector.select(20), "the deadline of the first"
    assert cpu() - before < 50, "times that the thread was run"
    for one in idle:
        one.close()
    assert monitor.daemon.terminate() == 0
