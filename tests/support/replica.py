# SPDX-License-Identifier: Apache-2.0
"""A streaming replica of a private PostgreSQL, and what is done in a failover."""

import os
import shutil

from support import process
from support.postgres import Postgres, bindir


class Replica(Postgres):
    """Made from `primary` as it is now; follows it until promote()."""

    def __init__(self, base, primary):
        super().__init__(base)
        self.primary = primary

    def start(self):
        if self.user:
            shutil.chown(self.base, self.user)
        process.run_as(
            [f"{bindir()}/pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c", "fast",
             "--no-sync", "-d", self.primary.dsn("postgres", application_name="replica")],
            user=self.user)
        for _ in range(3):
            self.port = process.free_port()
            if self.resume():
                process.wait_until(self.streams, 20, self.tail_of_log)
                return self
        raise RuntimeError("the replica did not start:\n" + self.tail_of_log())

    def streams(self):
        """Whether the primary sends to it."""
        with self.primary.connect("postgres") as admin:
            return admin.execute("SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"
                                 ).fetchone() is not None

    def catch_up(self):
        """Waits until it has replayed all that the primary has written by now."""
        with self.primary.connect("postgres") as admin, self.connect("postgres") as own:
            end = admin.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
            process.wait_until(
                lambda: own.execute("SELECT pg_last_wal_replay_lsn() >= %s", (end,)).fetchone()[0],
                20, "the replica has caught up")

    def promote(self):
        """Makes a primary of it."""
        with self.connect("postgres") as own:
            assert own.execute("SELECT pg_promote(true, 30)").fetchone()[0], self.tail_of_log()


def dsn(servers, database, **parameters):
    """A conninfo URI with all of the servers, in that order."""
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers)
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    return f"postgresql://postgres@{hosts}/{database}" + (f"?{query}" if query else "")


def configure(server, name, value):
    """ALTER SYSTEM, and waits until it is in force."""
    with server.connect("postgres") as admin:
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        admin.execute("SELECT pg_reload_conf()")
        process.wait_until(lambda: _in_force(server, name, value), 10, f"{name} = {value}")


def _in_force(server, name, value):
    with server.connect("postgres") as admin:
        return admin.execute("SELECT current_setting(%s)", (name,)).fetchone()[0] == value
