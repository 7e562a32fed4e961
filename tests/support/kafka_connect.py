# SPDX-License-Identifier: Apache-2.0
"""Debezium as most run it: one Kafka Connect worker (standalone) and the PostgreSQL connector with the
outbox event router."""

import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.request

from support import need, process
from support.kafka_broker import JAVA, TOP

JARS = os.path.join(TOP, "build", "debezium", "libs")
LOG_SETTINGS = os.path.join(TOP, "tests", "support", "debezium", "log4j2.properties")

WORKER = """
bootstrap.servers={bootstrap}
listeners=http://127.0.0.1:{port}
plugin.path={base}/plugins
offset.storage.file.filename={base}/offsets
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
"""

# Debezium's defaults, but for the snapshot: a test's rows come after.
CONNECTOR = {
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.hostname": "127.0.0.1", "database.user": "postgres",
    "plugin.name": "pgoutput", "snapshot.mode": "no_data",
    "table.include.list": "public.outbox",
    "transforms": "outbox", "transforms.outbox.type": "io.debezium.transforms.outbox.EventRouter",
}
SLOT = "SELECT active FROM pg_replication_slots WHERE slot_name = 'debezium'"
# A slot is active already while it is made; what is written before the connector reads from it is not its business.
READING = "SELECT count(*) FROM pg_replication_slots JOIN pg_stat_replication ON pid = active_pid " \
          "WHERE slot_name = 'debezium' AND state = 'streaming'"


def absent():
    """What is missing for Debezium to run, or None."""
    if shutil.which("java") is None:
        return "Java"
    if not glob.glob(os.path.join(JARS, "debezium-connector-postgres-*.jar")):
        return "Debezium (scripts/debezium-jars)"
    return None


@contextlib.contextmanager
def running(base, bootstrap):
    """A worker, while it runs, in the new directory `base`."""
    if absent():
        need.missing(absent())
    os.mkdir(base)
    worker = Connect(base, bootstrap)
    try:
        yield worker.start()
    finally:
        worker.stop()


class Refused(AssertionError):
    """The worker answered with an error; while it starts it does not know its own paths."""


class Connect:
    """One worker. `url` is its REST interface."""

    def __init__(self, base, bootstrap):
        self.base = base
        self.bootstrap = bootstrap
        self.log = os.path.join(base, "connect.log")
        self.console = os.path.join(base, "connect.out")
        self.port = None
        self._worker = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.port = process.free_port()
        os.makedirs(os.path.join(self.base, "plugins"), exist_ok=True)
        settings = os.path.join(self.base, "worker.properties")
        with open(settings, "w", encoding="utf-8") as out:
            out.write(WORKER.format(bootstrap=self.bootstrap, port=self.port, base=self.base))
        with open(self.console, "ab") as out:
            self._worker = process.spawn(
                ["java", *JAVA, "-Xshare:auto", f"-Dlog4j2.configurationFile={LOG_SETTINGS}",
                 f"-Doutrider.connect.log={self.log}", f"-Djava.io.tmpdir={self.base}",
                 "-cp", os.path.join(JARS, "*"), "org.apache.kafka.connect.cli.ConnectStandalone", settings],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        process.wait_until(self._answers, 120, self.tail_of_log, every=0.2)
        return self

    def stop(self):
        if self._worker is not None:
            process.stop(self._worker)

    def kill(self):
        """SIGKILL. Its offsets file is as it was last flushed."""
        process.stop(self._worker, signal.SIGKILL)

    def _answers(self):
        if self._worker.poll() is not None:
            raise AssertionError("Kafka Connect ended:\n" + self.tail_of_log())
        try:
            return self.ask("GET", "/connectors") is not None
        except (OSError, Refused):
            return False

    def ask(self, method, path, body=None):
        """A request of the REST interface; the answer's JSON."""
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def status(self, name):
        """(the connector's state, those of its tasks)."""
        answer = self.ask("GET", f"/connectors/{name}/status")
        return answer["connector"]["state"], [task["state"] for task in answer["tasks"]]

    def tail_of_log(self):
        """The last the worker said."""
        text = ""
        for path in (self.console, self.log):
            if os.path.exists(path):
                with open(path, "rb") as log:
                    text += log.read()[-6144:].decode(errors="replace")
        return text


class Connector:
    """The connector `outbox` of one database, with the slot `debezium`."""

    def __init__(self, worker, postgres, database, db):
        self.worker, self.db = worker, db
        self.settings = CONNECTOR | {"database.port": str(postgres.port), "database.dbname": database,
                                     "topic.prefix": database}

    def start(self, **changes):
        """Makes it, with `changes` of its settings ('__' for each dot), and returns once it reads the log."""
        changes = {name.replace("__", "."): value for name, value in changes.items()}
        self.worker.ask("POST", "/connectors", {"name": "outbox", "config": self.settings | changes})
        self.wait_until_it_reads()

    def wait_until_it_reads(self):
        process.wait_until(lambda: self.db.execute(READING).fetchone() == (1,), 60, self.worker.tail_of_log)

    def kill(self):
        """SIGKILL to the worker: nothing is flushed or confirmed any more. It is started anew, without the connector."""
        self.worker.kill()
        self.worker.start()
        self.wait_until_it_stopped()

    def wait_until_it_stopped(self):
        process.wait_until(lambda: self.db.execute(SLOT).fetchone() in ((False,), None), 60, self.worker.tail_of_log)

    def remove(self):
        """Whatever of it is still there."""
        if "outbox" in self.worker.ask("GET", "/connectors"):
            self.worker.ask("DELETE", "/connectors/outbox")
        self.wait_until_it_stopped()
        self.db.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'debezium'")
