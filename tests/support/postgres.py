# SPDX-License-Identifier: Apache-2.0
"""A private PostgreSQL server in a temporary directory, and fresh databases on it."""

import glob
import os
import re
import shutil
import signal
import subprocess
import uuid

import psycopg

from support import process

# Odd on purpose where a default hides mistakes: a relay that formats a timestamp itself, or lets
# the session's zone into a header, is found at once. fsync is off: durability of PostgreSQL is
# not what these tests ask about.
SETTINGS = """
listen_addresses = '127.0.0.1'
max_connections = 100
shared_buffers = 64MB
fsync = off
full_page_writes = off
timezone = 'Asia/Kathmandu'
log_timezone = 'UTC'
logging_collector = off
log_line_prefix = '%m [%p] %a '
deadlock_timeout = 1s
max_prepared_transactions = 5
autovacuum_naptime = 5s
"""


def bindir():
    """Where initdb and postgres are: Debian's newest version, else what PATH has; None if nowhere."""
    found = glob.glob("/usr/lib/postgresql/*/bin/initdb")
    if found:
        return os.path.dirname(max(found, key=lambda path: int(re.search(r"/(\d+)/", path)[1])))
    initdb = shutil.which("initdb")
    return os.path.dirname(os.path.realpath(initdb)) if initdb else None


class Postgres:
    """One server. `port` is loopback TCP and the Unix socket's; every role may connect (trust)."""

    def __init__(self, base, settings=None, data=None, wal=None, env=None):
        """`settings` are laid over the usual ones; `data` and `wal`: directories of their own."""
        self.base = base
        self._settings, self._wal, self._env = settings or {}, wal, env
        self.user = process.server_user()
        self.port = None
        self.log = os.path.join(base, "postgres.log")
        self.data = data or os.path.join(base, "data")
        self._server = None

    def start(self):
        """initdb, start, wait until it answers."""
        if self.user:
            shutil.chown(self.base, self.user)
        initdb = [f"{bindir()}/initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
                  "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
        process.run_as(initdb + (["-X", self._wal] if self._wal else []), user=self.user)
        for _ in range(3):
            self.port = process.free_port()
            if self.resume():
                return self
        raise RuntimeError("PostgreSQL did not start:\n" + self.tail_of_log())

    def resume(self):
        """Starts the server on the data it has; false when the process ended at once."""
        with open(self.log, "ab") as log:
            self._server = process.spawn(
                [f"{bindir()}/postgres", "-D", self.data, "-p", str(self.port),
                 "-k", self.base] + self._options(),
                user=self.user, death_signal=signal.SIGINT, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=os.environ | (self._env or {}),
            )
        process.wait_until(
            lambda: self._server.poll() is not None or self._answers(), 30, self.tail_of_log
        )
        return self._server.poll() is None

    def _options(self):
        options = []
        usual = dict(line.split(" = ") for line in SETTINGS.strip().splitlines())
        for name, value in (usual | self._settings).items():
            options += ["-c", f"{name}={value.strip(chr(39))}"]
        return options

    def _answers(self):
        try:
            self.connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def tail_of_log(self):
        """The last 4 kB the server said."""
        with open(self.log, "rb") as log:
            return log.read()[-4096:].decode(errors="replace")

    def dsn(self, database, user="postgres", **parameters):
        """A conninfo URI over loopback TCP."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}" + (f"?{query}" if query else "")

    def connect(self, database, **options):
        """An autocommit connection of the test's own."""
        options.setdefault("autocommit", True)
        options.setdefault("connect_timeout", 10)
        options.setdefault("application_name", "test")
        return psycopg.connect(self.dsn(database), **options)

    def create_database(self, options=""):
        """A fresh database, with what CREATE DATABASE is to say besides; its name."""
        name = "test_" + uuid.uuid4().hex[:12]
        with self.connect("postgres") as admin:
            admin.execute(f"CREATE DATABASE {name} {options}")
        return name

    def drop_database(self, name):
        """Drops it, whoever is connected."""
        with self.connect("postgres") as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self):
        """A fast shutdown: connected clients are cut."""
        if self._server is not None:
            process.stop(self._server, signal.SIGINT, 20)

    def stop_immediately(self):
        """As after a crash, but for SIGKILL: nothing is written any more."""
        process.stop(self._server, signal.SIGQUIT, 20)

    def wait_ended(self, timeout):
        """Waits until the server has ended by itself."""
        process.wait_until(lambda: self._server.poll() is not None, timeout, self.tail_of_log)

    def pids(self):
        """The server and each of its processes."""
        return [self._server.pid] + process.children(self._server.pid)

    def kill(self):
        """SIGKILL to the server and to each of its processes, and waits until none is left."""
        pids = self.pids()
        for pid in pids:
            process.kill(pid)
        self._server.wait(10)
        process.wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), 10,
                           "PostgreSQL's processes are gone")
