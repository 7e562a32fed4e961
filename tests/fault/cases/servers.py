# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL is killed, full, or will not let the relay work."""

import os
import shutil
import time

import psycopg

from fault.case import NotPossible, case
from support import process
from support.process import wait_until

ROW = ("PostgreSQL killed (-9, immediate) mid-transaction; backends terminated; read-only; "
       "connections exhausted; disk full (small tmpfs)")


@case(ROW, "cluster", times=(2, 6))
def postgres_killed(stage):
    """All processes of the server get SIGKILL mid-transaction; it is started again at once"""
    for _ in stage.times():
        stage.flow(60)
        stage.wait(0, 0.3)
        stage.postgres.kill()
        stage.wait(0, 0.5)
        stage.postgres.resume()
    stage.reconnect()
    stage.flow(60)
    stage.noticed()


@case(ROW, "cluster", times=(2, 6))
def postgres_stopped_immediately(stage):
    """An immediate shutdown mid-transaction, and a start 1 s later"""
    for _ in stage.times():
        stage.flow(60)
        stage.wait(0, 0.3)
        stage.postgres.stop_immediately()
        stage.wait(1)
        stage.postgres.resume()
    stage.reconnect()
    stage.flow(60)
    stage.noticed()


@case(ROW, "cluster", times=(6, 25))
def backends_terminated(stage):
    """pg_terminate_backend on the relay, and now and then on a writer"""
    for turn in stage.times():
        stage.flow(20)
        stage.wait(0, 0.2)
        stage.cut_backends()
        if turn % 3 == 0:
            stage.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
                       "pg_backend_pid() AND datname = current_database() AND application_name = 'test'"
                       " LIMIT 1")
    stage.flow(60)
    stage.noticed()


@case(ROW, "cluster", times=(1, 2))
def postgres_read_only(stage):
    """default_transaction_read_only for the relay's role for 3 s (long: 20 s)"""
    for _ in stage.times():
        stage.flow(60)
        scope = f"ALTER ROLE relay IN DATABASE {stage.database}"
        stage.admin.execute(f"{scope} SET default_transaction_read_only = on")
        stage.cut_backends()
        began = time.monotonic()
        stage.wait(stage.lasting(3, 20))
        stage.probed(began)
        stage.admin.execute(f"{scope} RESET default_transaction_read_only")
    stage.heal()
    stage.flow(60)
    stage.noticed("25006|read-only")


@case(ROW, "cluster", times=(1, 2))
def connections_exhausted(stage):
    """Others take every connection of the server for 3 s (long: 20 s), the relay's too"""
    for _ in stage.times():
        stage.flow(60)
        taken = []
        try:
            take_all(stage, taken)
            stage.check(stage.relay_backends() == 0, "the relay has no connection left")
            stage.wait(stage.lasting(3, 20))
        finally:
            for connection in taken:
                connection.close()
    stage.heal()
    stage.flow(60)
    stage.noticed("53300|too many clients|connection slots")


def take_all(stage, taken):
    """Opens connections as an ordinary role until the server refuses, and the relay's after them."""

    def grab():
        try:
            while True:
                taken.append(psycopg.connect(stage.postgres.dsn("postgres", "relay")))
        except psycopg.OperationalError:
            return True

    grab()
    wait_until(lambda: stage.cut_backends() == 0 if not stage.relay_backends() else
               stage.cut_backends() < 0 or not grab(), 10, "the relay is out", every=0.01)


# --- a disk that is full -----------------------------------------------------------------------------


class Disk:
    """A small file system of its own, in memory."""

    def __init__(self, path, megabytes):
        self.path = path
        try:
            process.run_as(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path])
        except (RuntimeError, OSError) as error:
            raise NotPossible(f"no tmpfs can be mounted: {str(error).strip()[:100]}") from None
        if process.server_user():
            shutil.chown(path, process.server_user())
        os.chmod(path, 0o700)

    def fill(self):
        """Until nothing more fits."""
        with open(os.path.join(self.path, "ballast"), "ab", buffering=0) as ballast:
            for size in (1 << 20, 4096, 512):
                try:
                    while True:
                        ballast.write(b"\0" * size)
                except OSError:
                    pass

    def empty(self):
        os.remove(os.path.join(self.path, "ballast"))

    def stop(self):
        process.run_as(["umount", self.path])


def disk(stage_servers, megabytes):
    """A disk that ends with the case; kept before the server on it, so that it ends after it."""
    return stage_servers.keep(Disk(stage_servers.directory("disk"), megabytes))


SMALL = {"max_wal_size": "48MB", "min_wal_size": "32MB", "wal_keep_size": "0", "autovacuum": "off"}


def on_a_small_disk(servers):
    place = disk(servers, 300)
    server = servers.own_postgres(data=os.path.join(place.path, "data"), settings=SMALL)
    server.disk = place
    return server


def with_small_wal(servers):
    place = disk(servers, 120)
    server = servers.own_postgres(wal=os.path.join(place.path, "wal"), settings=SMALL)
    server.disk = place
    return server


@case(ROW, "cluster", times=(1, 2), own_postgres=on_a_small_disk)
def disk_full(stage):
    """The disk with the table is full for 4 s (long: 20 s)"""
    for _ in stage.times():
        stage.flow(60)
        stage.backlog_of(2000)
        stage.postgres.disk.fill()
        stage.thaw()
        began = time.monotonic()
        while time.monotonic() < began + stage.lasting(4, 20):
            stage.postgres.disk.fill()  # again and again: the server frees some now and then
            stage.wait(0.2)
        stage.probed(began)
        stage.postgres.disk.empty()
    stage.heal()
    stage.reconnect()
    stage.flow(60)
    stage.noticed("53100|No space left")


@case("marking fails after publishing: right revoked, trigger raises, WAL disk full", "cluster",
      times=(1, 2), own_postgres=with_small_wal)
def wal_disk_full(stage):
    """The disk with the WAL is full; the server stops by itself and is started when there is room"""
    for _ in stage.times():
        stage.flow(60)
        # As on real servers, an idle slot keeps the WAL: else checkpoints could recycle it for ever.
        stage.rows("SELECT pg_create_physical_replication_slot('idle', true)")
        stage.postgres.disk.fill()
        stage.postgres.wait_ended(60)
        stage.wait(1)
        stage.postgres.disk.empty()
        stage.postgres.resume()
        stage.reconnect()
        stage.rows("SELECT pg_drop_replication_slot('idle')")
    stage.heal()
    stage.flow(60)
    stage.noticed()
