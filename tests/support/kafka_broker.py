# SPDX-License-Identifier: Apache-2.0
"""A private Apache Kafka: one node, KRaft, broker and controller in one process.

A fresh broker answers metadata long before it takes an idempotent producer ("Coordinator load in
progress"), so it counts as ready only when a real produce of that kind was acknowledged.
"""

import contextlib
import glob
import os
import shutil
import signal
import subprocess
import tempfile
import uuid

from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic
from kafka.errors import KafkaError

from support import need, process

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
JARS = os.environ.get("OUTRIDER_TEST_KAFKA_LIBS") or os.path.join(TOP, "build", "kafka", "libs")
JARS_3_9 = os.path.join(TOP, "build", "kafka-3.9", "libs")
PARTITIONS = 6
# Quick to start, and small.
JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx512m")

CONFIG = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},PROXIED://{proxy_host}:{proxy}
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.partitions={partitions}
auto.create.topics.enable=true
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.segment.bytes=67108864
log.index.size.max.bytes=1048576
controlled.shutdown.enable=false
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=200
"""

# Laid over CONFIG (a later line of a properties file counts): a broker that joins another's controller.
JOINING = """
process.roles=broker
node.id=2
listeners=PLAINTEXT://127.0.0.1:{port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
"""


@contextlib.contextmanager
def running(base, make, jars=JARS):
    """The broker that make(directory) describes, while it runs: in a directory of its own under `base`."""
    if absent(jars):
        need.missing(absent(jars))
    broker = make(tempfile.mkdtemp(prefix="kafka-", dir=base))
    try:
        yield broker.start()
        broker.assert_alive()
    finally:
        broker.stop()


def absent(jars=JARS):
    """What is missing for a broker of these jars to run, or None."""
    if shutil.which("java") is None:
        return "Java"
    if not glob.glob(os.path.join(jars, "kafka_*.jar")):
        return "Apache Kafka (scripts/kafka-jars)"
    return None


def _settings(configs):
    return {key.replace("_", "."): str(value) for key, value in configs.items()}


class Kafka:
    """One broker. `bootstrap` is what a client is given; kill and resume keep port and data.

    With a `proxy` it has a second listener, of which it says that it is the proxy's port: clients
    that are given `proxied` stay behind the proxy. `joins`: a second broker of that one's cluster.
    `java`: the virtual machine's options.
    """

    def __init__(self, base, proxy=None, settings="", joins=None, jars=JARS,
                 java=JAVA):
        self.base = base
        self.proxy = proxy
        self.joins = joins
        self._jars = jars
        self._options = java
        self.controller = None
        self._settings = settings
        self.log = os.path.join(base, "kafka.log")
        self.console = os.path.join(base, "kafka.out")
        self.config = os.path.join(base, "server.properties")
        self.data = os.path.join(base, "data")
        self.port = None
        self._server = None
        self._admin = None

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self.port}"

    @property
    def proxied(self):
        return f"127.0.0.1:{self.proxy.port}"

    @property
    def pid(self):
        return self._server.pid

    def version(self):
        """As the jar's name has it."""
        jar, = glob.glob(os.path.join(self._jars, "kafka_*.jar"))
        return os.path.basename(jar).removesuffix(".jar").rpartition("-")[2]

    def _java(self, main, *arguments):
        settings = os.path.join(TOP, "tests", "support", "kafka", "log4j2.properties")
        return [
            "java", *self._options, "-Xshare:auto", f"-Dlog4j2.configurationFile={settings}",
            f"-Doutrider.kafka.log={self.log}", f"-Djava.io.tmpdir={self.base}",
            "-cp", os.path.join(self._jars, "*"), main, *arguments,
        ]

    def start(self):
        """Formats its storage, starts it, and returns once a produce was acknowledged."""
        for _ in range(3):
            self.port = process.free_port()
            behind = process.free_port()
            self.controller = self.joins.controller if self.joins else process.free_port()
            with open(self.config, "w", encoding="utf-8") as out:
                out.write(CONFIG.format(port=self.port, controller=self.controller,
                                        behind=behind, data=self.data, partitions=PARTITIONS,
                                        proxy_host=getattr(self.proxy, "host", "127.0.0.1"),
                                        proxy=self.proxy.port if self.proxy else behind))
                if self.joins:
                    out.write(JOINING.format(port=self.port))
                out.write(self._settings)
            if self.proxy:
                self.proxy.upstream = behind
            shutil.rmtree(self.data, ignore_errors=True)
            process.run_as(self._java("kafka.tools.StorageTool", "format", "-t",
                                      "4L6g3nShT-eMCtK--X86sw", "-c", self.config))
            if self.resume():
                return self
        raise RuntimeError("Kafka did not start:\n" + self._tail())

    def resume(self):
        """Starts the broker on the storage it has; false when the process ended at once."""
        with open(self.console, "ab") as out:
            self._server = process.spawn(self._java("kafka.Kafka", self.config),
                                         stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        process.wait_until(
            lambda: self._server.poll() is not None or process.port_open(self.port), 60, self._tail
        )
        if self._server.poll() is not None:
            return False
        process.wait_until(self._acknowledges, 60, self._tail, every=0.1)
        return True

    def _acknowledges(self):
        try:
            if "ready" not in self.admin.list_topics():
                self.create_topic("ready", partitions=1)
            producer = KafkaProducer(bootstrap_servers=self.bootstrap, acks="all",
                                     enable_idempotence=True, max_block_ms=5000)
        except KafkaError:
            return False
        try:
            producer.send("ready", b"?").get(timeout=5)
        except KafkaError:
            return False
        finally:
            producer.close(timeout=1)
        return True

    @property
    def admin(self):
        """An admin client of the test's own, made once."""
        if self._admin is None:
            self._admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        return self._admin

    def topic_name(self, word="orders"):
        """A topic name no other test uses; the topic itself is made by the first produce (unless
        the broker's settings forbid it)."""
        return f"{word}.{uuid.uuid4().hex[:10]}"

    def create_topic(self, name, partitions=PARTITIONS, brokers=None, **configs):
        """Makes a topic with its own settings ('.' in a setting's name written as '_'). `brokers`:
        the ids that each partition's replicas lie on."""
        places = {number: list(brokers) for number in range(partitions)} if brokers else None
        self.admin.create_topics([NewTopic(name, -1 if places else partitions, -1 if places else 1,
                                           replica_assignments=places,
                                           topic_configs=_settings(configs))])
        return name

    def alter_topic(self, name, **configs):
        """Changes some of a topic's settings; the broker applies them a moment later."""
        self.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name,
                                                 configs=_settings(configs))])

    def kill(self):
        """SIGKILL. What was acknowledged is in the page cache and outlives the process."""
        self._forget_admin()
        process.stop(self._server, signal.SIGKILL)
        self._server = None

    def assert_alive(self):
        """Fails, with the broker's last words, when it ended by itself."""
        assert self._server is None or self._server.poll() is None, "Kafka ended by itself:\n" + self._tail()

    def stop(self):
        """Ends the broker; nothing of it is needed afterwards, so not gracefully."""
        if self._server is not None:
            self.kill()

    def _forget_admin(self):
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def _tail(self):
        text = ""
        for path in (self.console, self.log):
            if os.path.exists(path):
                with open(path, "rb") as log:
                    text += log.read()[-4096:].decode(errors="replace")
        return text
