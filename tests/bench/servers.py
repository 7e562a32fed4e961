# SPDX-License-Identifier: Apache-2.0
"""The servers of a run, set up as for production: one PostgreSQL and one Kafka on this machine."""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import uuid

import psycopg
from psycopg import sql

from bench import measure
from support import kafka_broker, postgres, process

# Durable, and with room: what a server of its own would have. Statements are tracked only for the role
# that asks for it, so that nothing else pays for it.
POSTGRES = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "shared_buffers": "1GB",
    "max_wal_size": "16GB", "checkpoint_timeout": "15min", "autovacuum_naptime": "1min",
    "timezone": "UTC", "shared_preload_libraries": "pg_stat_statements",
    "pg_stat_statements.track": "none",
}
# Kafka's own defaults, where the tests' broker has others. A topic's files go soon after the topic.
KAFKA = """
log.segment.bytes=1073741824
log.index.size.max.bytes=10485760
broker.session.timeout.ms=9000
broker.heartbeat.interval.ms=2000
message.max.bytes=4000000
file.delete.delay.ms=1000
"""
JAVA = ("-server", "-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
        "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent")
COUNTED = "counted"  # the role whose statements are counted


class Servers:
    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="outrider-bench-")
        os.chmod(self.base, 0o755)
        self._postgres = self._kafka = self._admin = None

    def directory(self, word):
        """A directory that every user may enter: postgres must reach it."""
        path = tempfile.mkdtemp(prefix=f"{word}-", dir=self.base)
        os.chmod(path, 0o755)
        return path

    @property
    def postgres(self):
        if self._postgres is None:
            self._postgres = postgres.Postgres(self.directory("postgres"), settings=POSTGRES).start()
            self._admin = self._postgres.connect("postgres")
            self._admin.execute("CREATE EXTENSION pg_stat_statements")
            self._admin.execute(f"CREATE ROLE {COUNTED} SUPERUSER LOGIN")
            self._admin.execute(f"ALTER ROLE {COUNTED} SET pg_stat_statements.track = 'top'")
        return self._postgres

    @property
    def kafka(self):
        if self._kafka is None:
            self._kafka = kafka_broker.Kafka(self.directory("kafka"), settings=KAFKA,
                                             java=JAVA).start()
        return self._kafka

    def versions(self):
        """The servers' versions as texts."""
        return {"PostgreSQL": self.value("SHOW server_version"), "Kafka": self.kafka.version()}

    def dsn(self, database, user="postgres", port=None):
        """`port`: another way to it."""
        dsn = self.postgres.dsn(database, user)
        return dsn.replace(f":{self.postgres.port}/", f":{port}/") if port else dsn

    # --- what they say ---------------------------------------------------------------------------------

    def value(self, text, *parameters):
        """The first column of the first row."""
        assert self.postgres
        return self._admin.execute(text, parameters).fetchone()[0]

    def statements(self, role):
        """(how many, seconds in them) of a tracked role, since the last copy was made."""
        assert self.postgres
        return self._admin.execute(
            "SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(total_exec_time), 0) / 1000 "
            "FROM pg_stat_statements WHERE userid = %s::regrole", (role,)).fetchone()

    def claims(self, role):
        """(how many, seconds in them) of its statements that lock rows."""
        return self._admin.execute(
            "SELECT coalesce(sum(calls), 0)::bigint, coalesce(sum(total_exec_time), 0) / 1000 "
            "FROM pg_stat_statements WHERE userid = %s::regrole AND query LIKE '%%FOR UPDATE%%'",
            (role,)).fetchone()

    def postgres_cpu(self):
        """CPU seconds of all its processes, those that have ended included."""
        first, *others = self.postgres.pids()
        return measure.cpu_seconds(first, True) + sum(map(measure.cpu_seconds, others))

    # --- databases and topics --------------------------------------------------------------------------

    def make_database(self, name, template=None):
        """A database, empty or a copy."""
        text = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            text += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
            if self._admin.info.server_version >= 150000:
                text += sql.SQL(" STRATEGY FILE_COPY")
        self._admin.execute(text)

    def drop_database(self, name):
        self.postgres.drop_database(name)

    @contextlib.contextmanager
    def topic(self):
        """A fresh topic, which goes with its files at the end."""
        name = self.kafka.create_topic(self.kafka.topic_name("bench"))
        try:
            yield name
        finally:
            self.kafka.admin.delete_topics([name])

    @contextlib.contextmanager
    def copy(self, template):
        """A fresh copy of a template, vacuumed, with everything on disk; its name."""
        name = "bench_" + uuid.uuid4().hex[:12]
        self.make_database(name, template)
        try:
            with self.postgres.connect(name) as connection:
                connection.execute("VACUUM ANALYZE")
            self._admin.execute("SELECT pg_stat_statements_reset()")
            self._admin.execute("CHECKPOINT")
            yield name
        finally:
            self.drop_database(name)

    @contextlib.contextmanager
    def delayed(self, round_trip_us):
        """A port from which PostgreSQL is this far away."""
        argv = measure.argv_of("delay", to=self.postgres.port, round_trip_us=round_trip_us)
        with process.spawn(argv, stdout=subprocess.PIPE, text=True) as child:
            try:
                yield json.loads(child.stdout.readline())["port"]
            finally:
                process.stop(child)

    def stop(self):
        if self._admin is not None:
            with contextlib.suppress(psycopg.Error):
                self._admin.close()
        for server in (self._postgres, self._kafka):
            if server is not None:
                server.stop()
        shutil.rmtree(self.base, ignore_errors=True)
