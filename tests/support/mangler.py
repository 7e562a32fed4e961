# SPDX-License-Identifier: Apache-2.0
"""A server that answers wrongly: a proxy in front of PostgreSQL that changes one answer on its way to the client, as a
hostile or buggy pooler might (PostgreSQL's manual, "Message Formats"). The client must not use TLS."""

import socket
import struct
import threading

FIXED = {16, 20, 21, 23, 26, 28, 1114, 1184, 2950, 5069}  # types whose values have one length


def _describe(body):
    """The fields of a RowDescription as (name, rest) pairs; rest: table, column, type, length, modifier, format."""
    count, at, fields = struct.unpack_from("!H", body)[0], 2, []
    for _ in range(count):
        end = body.index(b"\0", at) + 1
        fields.append((body[at:end], struct.unpack_from("!IHIhih", body, end)))
        at = end + 18
    return fields


def _description(fields):
    return struct.pack("!H", len(fields)) + b"".join(name + struct.pack("!IHIhih", *rest) for name, rest in fields)


def _values(body):
    """The values of a DataRow."""
    count, at, values = struct.unpack_from("!H", body)[0], 2, []
    for _ in range(count):
        length = struct.unpack_from("!i", body, at)[0]
        values.append(None if length < 0 else body[at + 4:at + 4 + length])
        at += 4 + max(length, 0)
    return values


def _row(values):
    return struct.pack("!H", len(values)) + b"".join(
        struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value for value in values)


class Mangling:
    """What is done to one answer, by name; `description` and `row` give the new bodies, None: left out."""

    def __init__(self, how):
        self.how, self.fixed = how, []

    def description(self, body):
        fields = _describe(body)
        self.fixed = [rest[2] in FIXED for _, rest in fields]
        if self.how == "column":
            fields = fields[:-1]
        elif self.how == "text":
            fields = [(name, rest[:5] + (0,)) for name, rest in fields]
        return _description(fields)

    def row(self, body):
        values = _values(body)
        if self.how == "rows":
            return None
        if self.how == "column":
            values = values[:-1]
        elif self.how == "null":
            values = [None] + values[1:]
        elif self.how == "short":
            values = [value[:1 if len(value) > 1 else 0] if value and fixed else value
                      for value, fixed in zip(values, self.fixed)]
        elif self.how == "long":
            values = [value + b"\0" if value and fixed else value for value, fixed in zip(values, self.fixed)]
        return _row(values)


HOWS = ("column", "text", "rows", "null", "short", "long")


class Mangler:
    """Forwards to `upstream`; `arm` has the n-th answer with rows changed, from the next connection on; `named`: of those
    whose first column has that name."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.fired = 0
        self._armed = None  # how many answers pass before, the mangling, and the name
        self._lock = threading.Lock()
        self._sockets = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def arm(self, n, how, named=None):
        """Ends all connections: the n-th answer of what follows is changed."""
        with self._lock:
            self._armed, sockets = (n, Mangling(how), named), list(self._sockets)
        for one in sockets:
            _shut(one)

    def armed(self):
        return self._armed is not None

    def close(self):
        self._listener.close()
        for one in list(self._sockets):
            _shut(one)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self.upstream), timeout=30)
            except OSError:
                return
            with self._lock:
                self._sockets |= {client, server}
            for target in (self._up, self._down):
                threading.Thread(target=target, args=(client, server), daemon=True).start()

    def _up(self, client, server):
        try:
            while data := client.recv(65536):
                server.sendall(data)
        except OSError:
            pass
        _shut(server)

    def _down(self, client, server):
        stream, mangling = server.makefile("rb"), None
        try:
            while len(head := stream.read(5)) == 5:
                body = stream.read(struct.unpack("!I", head[1:])[0] - 4)
                kind = head[:1]
                if kind == b"T":
                    mangling = self._next(body)
                    body = mangling.description(body) if mangling else body
                elif kind == b"D" and mangling:
                    body = mangling.row(body)
                if body is not None:
                    client.sendall(kind + struct.pack("!I", len(body) + 4) + body)
        except (OSError, ValueError):
            pass
        _shut(client)

    def _next(self, body):
        with self._lock:
            if self._armed is None:
                return None
            n, mangling, named = self._armed
            if named is not None and not body[2:].startswith(named.encode() + b"\0"):
                return None
            if n > 1:
                self._armed = (n - 1, mangling, named)
                return None
            self._armed = None
            self.fired += 1
            return mangling


def _shut(one):
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
