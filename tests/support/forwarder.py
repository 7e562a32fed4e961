# SPDX-License-Identifier: Apache-2.0
"""A door to a server: a loopback port that leads to another one, which may change."""

import select
import socket
import threading


class Forwarder:
    """Listens on `port` until close() and passes every connection on to what is `target` then."""

    def __init__(self, port, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pump, args=(client,), daemon=True).start()

    def _pump(self, client):
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            ways = {client: server, server: client}
            while True:
                for source in select.select(list(ways), [], [])[0]:
                    try:
                        data = source.recv(65536)
                    except ConnectionError:
                        return
                    if not data:
                        return
                    ways[source].sendall(data)

    def close(self):
        self.listener.close()
