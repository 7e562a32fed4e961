# SPDX-License-Identifier: Apache-2.0
"""The servers of a run: started when the first case asks for one, shared by those that leave them
whole, and replaced after a case that failed."""

import os
import shutil
import tempfile

from support import kafka_broker, pgbouncer, postgres
from support.mock_kafka import MockKafka
from support.proxy import Proxy

# A missing topic must stay missing; and the broker's own limit must not hide a topic's.
KAFKA_SETTINGS = "auto.create.topics.enable=false\nmessage.max.bytes=4000000\n"


class Servers:
    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="outrider-faults-")
        os.chmod(self.base, 0o755)
        self._shared = {}
        self._own = []
        self._count = 0

    def directory(self, word):
        """A directory that every user may enter: postgres must reach it."""
        self._count += 1
        path = os.path.join(self.base, f"{word}-{self._count}")
        os.mkdir(path)
        os.chmod(path, 0o755)
        return path

    def _share(self, name, make):
        if name not in self._shared:
            self._shared[name] = make()
        return self._shared[name]

    @property
    def postgres(self):
        return self._share("postgres", lambda: postgres.Postgres(self.directory("postgres")).start())

    @property
    def postgres_proxy(self):
        return self._share("postgres_proxy", lambda: Proxy(self.postgres.port, postgres=True))

    @property
    def kafka(self):
        return self._share("kafka", lambda: kafka_broker.Kafka(
            self.directory("kafka"), proxy=self.kafka_proxy, settings=KAFKA_SETTINGS).start())

    @property
    def kafka_proxy(self):
        return self._share("kafka_proxy", Proxy)

    # --- a case's own, ended with it -----------------------------------------------------------------

    def keep(self, server):
        """Something with a stop() that ends with the case."""
        self._own.append(server)
        return server

    def own_postgres(self, **options):
        return self.keep(postgres.Postgres(self.directory("postgres"), **options)).start()

    def own_broker(self):
        """A second broker of the shared one's cluster."""
        return self.keep(kafka_broker.Kafka(self.directory("broker"), joins=self.kafka)).start()

    def own_mock(self):
        return self.keep(MockKafka()).start()

    def own_pgbouncer(self, server):
        return self.keep(pgbouncer.PgBouncer(self.directory("pgbouncer"), server)).start()

    def end_case(self, failed):
        """Ends what a case had for itself, and after a failure everything."""
        while self._own:
            self._own.pop().stop()
        for name in ("postgres_proxy", "kafka_proxy"):
            if name in self._shared:
                self._shared[name].heal()
        if failed:
            self._end_shared()

    def _end_shared(self):
        for name in list(self._shared):
            server = self._shared.pop(name)
            getattr(server, "stop", getattr(server, "close", None))()

    def stop(self):
        self.end_case(failed=True)
        shutil.rmtree(self.base, ignore_errors=True)
