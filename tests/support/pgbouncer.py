# SPDX-License-Identifier: Apache-2.0
"""A private PgBouncer in transaction mode in front of the test's PostgreSQL."""

import os
import shutil
import signal
import subprocess

import psycopg

from support import process


def program():
    """The pooler's path, or None. Debian has it in sbin, which is not in everybody's PATH."""
    return shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class PgBouncer:
    """One pooler with few server connections, so that clients do share them."""

    def __init__(self, base, postgres, pool_size=3, pool_mode="transaction"):
        self.base = base
        self.postgres = postgres
        self.pool_size = pool_size
        self.pool_mode = pool_mode
        self.user = process.server_user()
        self.port = None
        self.log = os.path.join(base, "pgbouncer.log")
        self._server = self._config = None

    def start(self):
        """Writes its configuration, starts it, waits until it answers."""
        for _ in range(3):
            self.port = process.free_port()
            self._config = self._write_config()
            if self.resume():
                return self
        raise RuntimeError("PgBouncer did not start:\n" + self._tail())

    def resume(self):
        """Starts it on its port; false when the process ended at once."""
        self._server = process.spawn(
            [program(), "-q", self._config], user=self.user, death_signal=signal.SIGKILL,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        process.wait_until(
            lambda: self._server.poll() is not None or self._answers(), 15, self._tail
        )
        return self._server.poll() is None

    def _write_config(self):
        config = os.path.join(self.base, "pgbouncer.ini")
        users = os.path.join(self.base, "users.txt")
        with open(users, "w", encoding="utf-8") as out:
            out.write('"postgres" ""\n')
        with open(config, "w", encoding="utf-8") as out:
            out.write(
                f"[databases]\n* = host=127.0.0.1 port={self.postgres.port}\n"
                f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
                f"unix_socket_dir =\nauth_type = trust\nauth_file = {users}\n"
                f"pool_mode = {self.pool_mode}\ndefault_pool_size = {self.pool_size}\n"
                f"logfile = {self.log}\nadmin_users = postgres\nserver_round_robin = 1\n"
            )
        for path in (self.base, users, config):
            if self.user:
                shutil.chown(path, self.user)
        return config

    def dsn(self, database):
        """A conninfo URI through the pooler."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def _answers(self):
        try:
            psycopg.connect(self.dsn("postgres"), connect_timeout=5, prepare_threshold=None).close()
        except psycopg.OperationalError:
            return False
        return True

    def _tail(self):
        if not os.path.exists(self.log):
            return "(no log)"
        with open(self.log, "rb") as log:
            return log.read()[-4096:].decode(errors="replace")

    def stop(self):
        """SIGTERM is PgBouncer's immediate shutdown."""
        if self._server is not None:
            process.stop(self._server)
