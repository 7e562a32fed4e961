# SPDX-License-Identifier: Apache-2.0
"""Where a case plays: a database and topics of its own, relays, a load that flows, and counters."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zlib

import psycopg
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from fault.load import BUSINESS, Load
from fault.relays import Relays
from support.kafka_broker import TOP
from support.mock_kafka import API_VERSION
from support.outbox import VERSION_1
from support.outrider import BINARY, WINDOW_BATCHES, environment, merge
from support.process import run_as, wait_until

BATCH = 100       # outbox.batch_size: small, so that a window of the load has several batches
PARTITIONS = 3
MEMORY_KB = 65536  # what a relay may gain: 2 x (batch_bytes + a row), librdkafka's queue, the heap
DESCRIPTORS = 12
SHORT = {"rate": 1500, "rows": (5, 60)}
LONG = {"rate": 3000, "rows": (20, 200)}
PROBE_SECONDS = 5
LAST_ROWS = 500  # that the load writes after the healing, at least
LONG_SECONDS = 12  # how long the load of a case lasts at least in the long form
WAITING = """
SELECT count(*) FROM outbox_messages o
 WHERE published IS NOT TRUE AND retry_count < 5 AND to_jsonb(o)->>'dead_at' IS NULL
"""

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = %s AND application_name = 'outrider' AND state LIKE %s
"""
HOLDERS = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND mode = 'ExclusiveLock'
   AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
# Where a log line has no class, its event says it.
NAMING = {"message": '"event":"(message_|batch_refused)'}
SUSPECTS = """
SELECT left(to_jsonb(o)::text, 400) FROM outbox_messages o
 WHERE published IS NOT TRUE OR retry_count > 0 LIMIT 1000
"""


class Stage:
    def __init__(self, case, servers, seed, long, directory):
        self.case, self.servers, self.long, self.directory = case, servers, long, directory
        self.chance = random.Random(f"{case.name}/{seed}")
        self.faults = self.probes = 0
        self.broken = []        # demands of the case that did not hold
        self.notes = []
        self.culprits = []      # ids of rows at fault
        self.archives = []      # what was in topics that are gone
        self.deletes = case.deletes
        self.bound_extra = 0
        self._seed = seed
        self._began = time.monotonic()
        self._healed = None
        self._backlog_seconds = None
        self._meter = None
        self.relays = self.load = self.admin = self.postgres = self.kafka = self.database = None

    # --- setting up ------------------------------------------------------------------------------------

    def open(self):
        case = self.case
        self.postgres = case.own_postgres(self.servers) if case.own_postgres else self.servers.postgres
        self.pooler = self.servers.own_pgbouncer(self.postgres) if case.pooled else None
        self.mock = self.servers.own_mock() if case.mock else None
        self.kafka = (None if case.mock else case.own_kafka(self.servers) if case.own_kafka
                      else self.servers.kafka)
        self.bootstrap = (self.mock or self.kafka).bootstrap
        self._api_version = API_VERSION if self.mock else None
        self._make_database()
        self.topics = self._make_topics()
        self.relays = Relays(self.directory, self._relay_config())
        self.load = Load(self.connect, self.topics, self.directory, self.chance.random(),
                         **(LONG if self.long else SHORT) | case.load).start()
        for _ in range(case.relays):
            self.relays.start()
        self.flow(50)
        self._named_before = self.named()

    def _make_database(self):
        template = self._template()
        self.database = f"case_{self._seed}_{random.getrandbits(40):x}"
        with self.postgres.connect("postgres") as admin:
            admin.execute(f"CREATE DATABASE {self.database} TEMPLATE {template}")
        self.admin = self.connect()

    def _template(self):
        """A database with the tables, made once a server and version."""
        kind = zlib.crc32(f"{self.case.version} {self.case.slots} {self.case.database} {self.case.payload}".encode())
        name = f"template_{kind:08x}"
        with self.postgres.connect("postgres") as admin:
            if admin.execute("SELECT FROM pg_database WHERE datname = %s",
                             (name,)).fetchone() is not None:
                return name
            admin.execute("DO $$ BEGIN CREATE ROLE relay LOGIN; EXCEPTION WHEN duplicate_object"
                          " THEN NULL; END $$")
            admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 {self.case.database}")
        with self.postgres.connect(name) as connection:
            with open(VERSION_1, encoding="utf-8") as text:
                connection.execute(text.read().replace("{table}", "outbox_messages")
                                   .replace("{payload}", self.case.payload))
            connection.execute(BUSINESS)
            connection.execute("GRANT SELECT, UPDATE, DELETE ON outbox_messages TO relay")
        if self.case.version > 1:
            self._apply(name, "--to", str(self.case.version), "--slots", str(self.case.slots))
        return name

    def _apply(self, database, *options):
        run_as([BINARY, "schema", "apply", *options,
                "-o", f"database.dsn={self.postgres.dsn(database)}", "-c", "/dev/null"])

    def _make_topics(self):
        names = [f"t{n}.{self.case.name}.{random.getrandbits(40):x}" for n in range(self.case.topics)]
        if self.kafka:
            for name in names:
                self.kafka.create_topic(name, PARTITIONS, brokers=(1,))
        return names

    def _relay_config(self):
        port = self.postgres.port
        if self.case.behind == "postgres":
            self.servers.postgres_proxy.upstream = port
            port = self.servers.postgres_proxy.port
        if self.pooler:
            port = self.pooler.port
        bootstrap = self.kafka.proxied if self.case.behind == "kafka" else self.bootstrap
        user = "postgres" if self.pooler else "relay"
        dsn = f"postgresql://{user}@127.0.0.1:{port}/{self.database}?sslmode=disable"
        if hasattr(self.postgres, "relay_dsn"):  # a case's own server may want to be reached otherwise
            dsn = self.postgres.relay_dsn(self.database)
        return merge({
            "database": {"dsn": dsn},
            "outbox": {"ordering": self.case.ordering, "batch_size": BATCH,
                       "on_published": "delete" if self.case.deletes else "mark"},
            "kafka": {"bootstrap.servers": bootstrap},
            "http": {"listen": None},
            "log": {"level": "debug", "format": "json"},  # every line: repeats are not left out
        }, merge(getattr(self.kafka, "relay_settings", {}), self.case.config))

    # --- what cases use ----------------------------------------------------------------------------------

    @property
    def proxy(self):
        """The one that the relay is behind."""
        return getattr(self.servers, f"{self.case.behind}_proxy")

    def connect(self, **options):
        """A connection of the suite's own, beside every proxy and pooler."""
        return self.postgres.connect(self.database, **options)

    def relay(self, number=0):
        return self.relays.running[number]

    def times(self):
        """Counts the case's faults: as many turns as the form of the run asks for."""
        for turn in range(self.case.times[self.long]):
            self.faults += 1
            yield turn

    def choose(self, low, high):
        return low + (high - low) * self.chance.random()

    def wait(self, low, high=None):
        """A fault takes its time; with two limits a random one between them."""
        time.sleep(self.choose(low, high) if high else low)

    def lasting(self, short, long):
        """How long a fault lasts."""
        return long if self.long else short

    def check(self, holds, text):
        """A demand of the case."""
        if not holds and text not in self.broken:
            self.broken.append(text)

    def revive(self, **options):
        """What systemd does after a relay was killed."""
        return self.relays.start(**options)

    def kill_relay(self, number=0):
        self.relays.kill(self.relay(number))

    def active_relay(self):
        """The relay whose lane holds the slot, by its log's last word on its server process."""

        def find():
            holders = {pid for pid, in self.rows(HOLDERS)}
            for daemon in self.relays.running:
                pids = [event["server_pid"] for event in daemon.events()
                        if event.get("event") == "connected"]
                if pids and pids[-1] in holders:
                    return daemon
            return None

        return wait_until(find, 20, "a relay has the slot", every=0.002)

    def cut_backends(self, state="%"):
        """Ends the relays' server processes that are in this state; how many there were."""
        return len(self.rows(CUT, self.database, state))

    def cut_writers(self):
        """Ends the writers' server processes."""
        self.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                  " AND datname = current_database() AND application_name = 'test'")

    def rows(self, text, *parameters):
        """All rows of a query by the suite's own connection."""
        return self.admin.execute(text, parameters or None).fetchall()

    def value(self, text, *parameters):
        return self.rows(text, *parameters)[0][0]

    def log(self):
        """All that the relays have said."""
        texts = []
        for number in range(1, self.relays.started + 1):
            with open(os.path.join(self.directory, f"relay-{number}.log"), "rb") as log:
                texts.append(log.read().decode(errors="replace"))
        return "".join(texts)

    def arrived(self, *topics):
        """How many records the topics (of the load) hold now; None while Kafka is away."""
        try:
            if self._meter is None:
                self._meter = KafkaConsumer(bootstrap_servers=self.bootstrap, group_id=None,
                                            enable_auto_commit=False, request_timeout_ms=4000,
                                            api_version=self._api_version,
                                            allow_auto_create_topics=False)
            wanted = [TopicPartition(topic, number) for topic in topics or self.topics
                      for number in self._meter.partitions_for_topic(topic) or ()]
            return sum(self._meter.end_offsets(wanted).values()) if wanted else 0
        except (KafkaError, OSError, ValueError, KeyError):
            self.forget_meter()
            return None

    def counted(self, *topics, timeout=30):
        """The same, as soon as Kafka answers."""

        def found():
            count = self.arrived(*topics)
            return None if count is None else (count,)

        return wait_until(found, timeout, "Kafka answers")[0]

    def forget_meter(self):
        meter, self._meter = self._meter, None
        if meter is not None:
            meter.close()

    def flow(self, rows, timeout=30, topics=()):
        """Waits until `rows` more records have arrived; returns the seconds it took."""
        began = time.monotonic()
        before = self.counted(*topics, timeout=timeout)
        wait_until(lambda: (self.arrived(*topics) or 0) >= before + rows, timeout,
                   f"{rows} more messages arrive")
        return time.monotonic() - began

    def stalls(self, seconds, *topics):
        """Whether nothing arrives within this time."""
        before = self.counted(*topics)
        time.sleep(seconds)
        return self.counted(*topics) == before

    def noticed(self, pattern="window_failed|_unavailable"):
        """The relay must have seen the fault, or the case has proved nothing."""
        self.check(re.search(pattern, self.log()), f"the relay has noticed ({pattern})")

    def named(self):
        """How often the relays' logs name a fault of the case's class."""
        return len(re.findall(NAMING.get(self.case.fault, f'"class":"{self.case.fault}"'), self.log()))

    def says(self, words, since, what):
        """Waits until the relays' logs say this behind the first `since` characters."""
        wait_until(lambda: words in self.log()[since:], 15, f"{what}: the log says {words!r}")

    def backlog_of(self, rows):
        """The relays are frozen until so many rows wait; they are still frozen when this returns."""
        for daemon in self.relays.running:
            os.kill(daemon.pid, signal.SIGSTOP)
        wait_until(lambda: self.backlog() >= rows, 30, f"{rows} rows wait")

    def thaw(self):
        for daemon in self.relays.running:
            os.kill(daemon.pid, signal.SIGCONT)

    def backlog(self):
        return self.value(WAITING)

    def set_slots(self, number):
        """Changes the number of the table's slots beside the running relays."""
        self._apply(self.database, "--slots", str(number))

    def resume_kafka(self):
        """Starts the broker again that the case has killed."""
        self.forget_meter()
        self.kafka.resume()

    def relay_backends(self):
        return self.value("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                          " AND application_name = 'outrider'")

    def probed(self, began):
        """The relay may have asked with one row every 5 s since then."""
        self.probes += 1 + int((time.monotonic() - began) / PROBE_SECONDS)

    def archive(self, topic):
        """Keeps what is in a topic for the observer, before the topic goes."""
        path = os.path.join(self.directory, f"archive-{len(self.archives)}")
        self._observe("--archive", path, self.bootstrap, topic)
        self.archives.append(path)

    # --- rows that are at fault themselves ----------------------------------------------------------------

    def odd_row(self, topic, aggregate="odd", pad=0, kind="order", payload=None):
        """Inserts a row that is none of the load's; its id. Texts may be bytes."""
        if payload is None:
            payload = json.dumps({"pad": "x" * pad})
        return self.value(
            "INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload)"
            " VALUES (gen_random_uuid(), %s, convert_from(%s, getdatabaseencoding()::text),"
            " convert_from(%s, getdatabaseencoding()::text),"
            " convert_from(%s, getdatabaseencoding()::text)::json) RETURNING id",
            kind, *(text if isinstance(text, bytes) else text.encode()
                    for text in (aggregate, topic, payload)))

    def culprit(self, topic, **what):
        """A row that must end as dead, by its own fault."""
        self.culprits.append(self.odd_row(topic, **what))

    def all_published(self, rows, timeout=20):
        """Rows that are odd and not at fault arrive, at the first attempt."""
        query = ("SELECT count(*) FROM outbox_messages WHERE id = ANY(%s) AND published"
                 " AND retry_count = 0")
        wait_until(lambda: self.value(query, rows) == len(rows), timeout,
                   lambda: f"{len(rows)} odd rows go; {self.value(query, rows)} went")

    def all_dead(self, timeout=30):
        """Every culprit is dead in the end, none has arrived."""
        dead = ("SELECT count(*) FROM outbox_messages WHERE id = ANY(%s) AND published IS NOT TRUE"
                " AND dead_at IS NOT NULL")
        wait_until(lambda: self.value(dead, self.culprits) == len(self.culprits), timeout,
                   lambda: f"{len(self.culprits)} culprits are dead; {self.value(dead, self.culprits)} are")

    def writes(self):
        """How many rows of the table were updated or deleted so far, rolled back ones too."""
        self.admin.execute("SELECT pg_stat_clear_snapshot()")
        return self.value("SELECT n_tup_upd + n_tup_del FROM pg_stat_user_tables"
                          " WHERE relname = 'outbox_messages'")

    # --- the end -------------------------------------------------------------------------------------------

    def heal(self):
        """Nothing is broken any more from now on."""
        if self._healed is None:
            self._healed = time.monotonic()

    def finish(self):
        """Lets the load write on, and then waits until nothing is left to publish."""
        self.heal()
        written = self.load.committed
        wait_until(lambda: self.load.committed >= written + LAST_ROWS or self.load.errors, 60,
                   lambda: f"{LAST_ROWS} rows more; {self.load.committed - written} were written")
        if self.long:
            time.sleep(max(0, LONG_SECONDS - (time.monotonic() - self._began)))
        self.load.stop()
        stopped = time.monotonic()
        self.reconnect()
        wait_until(lambda: self.backlog() == 0, max(5, self._healed + self.case.seconds - stopped)
                   if not self.long else self.case.seconds,
                   lambda: f"backlog 0 after healing; it is {self.backlog()}", every=0.1)
        self._backlog_seconds = time.monotonic() - self._healed
        self.check(self.case.fault == "none" or self.case.hidden or self.named() > self._named_before,
                   f"the relay names a fault of class {self.case.fault}")
        self.broken += self.relays.stop()

    def reconnect(self):
        """A fresh connection of the suite's own when the server was away."""
        if self.admin.closed or self.admin.broken:
            self.admin = self.connect()
        try:
            self.admin.execute("SELECT")
        except psycopg.Error:
            self.admin = self.connect()

    def bound(self):
        """How many duplicates the faults may have made: a window each, and one a probe."""
        lanes = self.case.config.get("outbox", {}).get("lanes", 1)
        size = self.case.config.get("outbox", {}).get("batch_size", BATCH)
        return self.faults * size * WINDOW_BATCHES * lanes + self.probes + self.bound_extra

    def judge(self):
        """The independent observer's findings."""
        spec = os.path.join(self.directory, "judge.json")
        with open(spec, "w", encoding="utf-8") as out:
            json.dump({"bootstrap": self.bootstrap, "api_version": self._api_version,
                       "topics": self.topics, "deletes": self.deletes,
                       "ledgers": self.load.ledgers, "archives": self.archives,
                       "dsn": self.postgres.dsn(self.database)}, out)
        said = self._observe(spec)
        with open(os.path.join(self.directory, "found.json"), "w", encoding="utf-8") as out:
            out.write(said)
        return json.loads(said)

    def _observe(self, *arguments):
        answer = subprocess.run([sys.executable, "-m", "fault.judge", *arguments], check=False,
                                cwd=os.path.join(TOP, "tests"), env=environment(), timeout=300,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if answer.returncode != 0:
            raise RuntimeError("the observer failed:\n" + answer.stderr[-2000:])
        return answer.stdout

    def row(self):
        """The case's line of the table."""
        found = self.judge()
        memory, descriptors = self.relays.growth()
        return found | {
            "faults": self.faults, "bound": self.bound(), "seconds_to_backlog_0": round(self._backlog_seconds, 1),
            "memory_kb": memory, "descriptors": descriptors, "broken": self.broken,
            "notes": self.notes, "unknown_commits": self.load.unknown,
        }

    def row_after_failure(self, row):
        """What the observer says of a case that did not come to its end."""
        self._backlog_seconds = 0
        self.relays.kill_all()
        return self.row() | {"broken": row["broken"], "seconds_to_backlog_0": "-"}

    def keep_evidence(self):
        """Lays the servers' logs and the rows in question beside the relays' logs."""
        for server in (self.postgres, self.kafka):
            if server is not None and os.path.exists(server.log):
                shutil.copy(server.log, self.directory)
        if self.database is None:
            return
        try:
            with psycopg.connect(self.postgres.dsn(self.database), connect_timeout=3) as connection:
                rows = connection.execute(SUSPECTS).fetchall()
        except psycopg.Error as error:
            rows = [repr(error)]
        with open(os.path.join(self.directory, "rows"), "w", encoding="utf-8") as out:
            out.writelines(f"{row}\n" for row in rows)

    def close(self):
        """Ends what the case has started, whatever state it is in."""
        if self.load:
            self.load._stop.set()
        if self.relays:
            self.relays.kill_all()
        self.forget_meter()
        if self.admin:
            self.admin.close()

    def drop(self):
        """The topics and the database of a case that passed."""
        if self.kafka:
            self.kafka.admin.delete_topics(self.topics)
        if not self.case.own_postgres:
            self.postgres.drop_database(self.database)
