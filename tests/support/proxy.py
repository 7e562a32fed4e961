# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy on loopback that does to a connection what networks do.

"up" is from the client to the server, "down" the other way. While a direction is silent nothing
of it is forwarded and the sockets stay open, new connections too: the bytes wait, as those of a
TCP connection over a broken line do until they are sent again. Everything else is done by cutting:
a reset is an RST on both sides.

For PostgreSQL it can cut around a COMMIT: it follows the frames that the client sends (PostgreSQL's
manual, "Message Formats"), so the client must not use TLS.
"""

import socket
import struct
import threading
import time

CHUNK = 65536
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104
NO_LINGER = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards to `upstream`, a loopback port that may change. All switches work at any time."""

    def __init__(self, upstream=None, postgres=False):
        self.upstream = upstream
        self.follows = postgres
        self.connections_made = 0
        self.cuts = 0
        self._silent = {"up": False, "down": False}
        self._delay = 0.0
        self._rate = 0
        self._budget = None
        self._commit = None
        self._lock = threading.Condition()
        self._links = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    # --- what it can do to connections ----------------------------------------------------------

    def silence(self, up=True, down=True):
        """Forwards nothing in these directions until `heal`."""
        with self._lock:
            self._silent = {"up": up, "down": down}

    def delay(self, seconds):
        """Each chunk takes this long."""
        self._delay = seconds

    def drip(self, rate):
        """At most `rate` bytes a second and direction, a few at a time."""
        self._rate = rate

    def cut_after_bytes(self, count):
        """Resets the connection on which the next `count` bytes have gone up, at exactly that byte."""
        with self._lock:
            self._budget = count

    def cut_at_commit(self, when):
        """Resets the next connection that sends COMMIT: "before" it is forwarded, or "after" the
        server has answered, with the answer lost."""
        with self._lock:
            self._commit = when

    def armed(self):
        """Whether a cut is still to come."""
        return self._budget is not None or self._commit is not None

    def reset(self):
        """RST on both sides of every connection; returns how many there were."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.reset()
        return len(links)

    def half_open(self):
        """The server loses every connection and the client is not told."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.lose_server()
        return len(links)

    def heal(self):
        """From now on it only forwards. Half-open connections stay as they are: nobody heals those."""
        with self._lock:
            self._silent = {"up": False, "down": False}
            self._delay, self._rate, self._budget, self._commit = 0.0, 0, None, None
            self._lock.notify_all()

    def close(self):
        self._closed = True
        self.heal()
        self._listener.close()
        self.reset()

    stop = close

    # --- how ----------------------------------------------------------------------------------------

    def _accept(self):
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client):
        self._await("up")
        try:
            server = socket.create_connection(("127.0.0.1", self.upstream), timeout=10)
        except OSError:
            _reset(client)
            return
        server.settimeout(None)
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = _Link(self, client, server)
        with self._lock:
            self._links.add(link)
            self.connections_made += 1
        link.run()

    def _forget(self, link):
        with self._lock:
            self._links.discard(link)

    def _await(self, direction):
        with self._lock:
            while self._silent[direction] and not self._closed:
                self._lock.wait()

    def _spend(self, count):
        """How many of `count` bytes may still go up, and whether the connection is cut then."""
        with self._lock:
            if self._budget is None:
                return count, False
            if count < self._budget:
                self._budget -= count
                return count, False
            allowed, self._budget = self._budget, None
            self.cuts += 1
            return allowed, True

    def _take_commit(self):
        """The cut that a COMMIT is due, taken by who asks first."""
        with self._lock:
            when, self._commit = self._commit, None
            self.cuts += when is not None
            return when

    def _send(self, target, data):
        if self._delay:
            time.sleep(self._delay)
        if not self._rate:
            target.sendall(data)
            return
        step = max(1, self._rate // 20)
        for at in range(0, len(data), step):
            target.sendall(data[at:at + step])
            if not self._rate:
                target.sendall(data[at + step:])
                return
            time.sleep(0.05)


class _Link:
    """One connection: a thread a direction."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self._frames = _Frames() if proxy.follows else None
        self._lost = False
        self._swallow = False

    def run(self):
        down = threading.Thread(target=self._pump, daemon=True,
                                args=("down", self.server, self.client))
        down.start()
        self._pump("up", self.client, self.server)
        down.join()
        self.proxy._forget(self)
        for one in (self.client, self.server):
            one.close()

    def reset(self):
        for one in (self.client, self.server):
            _reset(one)

    def lose_server(self):
        self._lost = True
        _reset(self.server)

    def _pump(self, direction, source, target):
        try:
            while data := source.recv(CHUNK):
                self.proxy._await(direction)
                if self._lost and direction == "up":
                    continue
                if direction == "down" and self._swallow:
                    self.reset()
                    return
                if direction == "down" or self._pass_up(data):
                    self.proxy._send(target, data)
        except OSError:
            pass
        if not self._lost:
            _end(target)

    def _pass_up(self, data):
        allowed, cut = self.proxy._spend(len(data))
        if cut:
            self.server.sendall(data[:allowed])
            self.reset()
            return False
        if self._frames is not None and self._frames.has_commit(data):
            when = self.proxy._take_commit()
            self._swallow = when == "after"
            if when == "before":
                self.reset()
                return False
        return True


class _Frames:
    """Follows the messages of a PostgreSQL client and finds a COMMIT among them."""

    def __init__(self):
        self._typed = False
        self._rest = b""

    def has_commit(self, data):
        """Whether a Query or Parse that ends within this chunk says COMMIT."""
        buffer, found = self._rest + data, False
        while True:
            head = 5 if self._typed else 4
            if len(buffer) < head:
                break
            size = int.from_bytes(buffer[head - 4:head], "big") + head - 4
            if size < 4 or len(buffer) < size:
                break
            if self._typed:
                found |= buffer[:1] in (b"Q", b"P") and b"COMMIT\0" in buffer[head:size]
            else:
                code = int.from_bytes(buffer[4:8], "big")
                self._typed = code not in (SSL_REQUEST, GSS_REQUEST)
            buffer = buffer[size:]
        self._rest = buffer
        return found


def _reset(one):
    """RST: closing with SO_LINGER 0. shutdown wakes the thread that reads from it."""
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        one.shutdown(socket.SHUT_RD)
    except OSError:
        pass
    one.close()


def _end(one):
    try:
        one.shutdown(socket.SHUT_WR)
    except OSError:
        pass
