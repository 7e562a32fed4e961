# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL with logical decoding, a Kafka, and a Kafka Connect with Debezium between them."""

import os

import pytest

from support import guide as guides, kafka_broker, kafka_connect
from support import outrider as relay
from support.observer import Observer

pytest_plugins = ["support.fixtures"]


@pytest.fixture(scope="session")
def postgres_settings():
    return {"wal_level": "logical"}


@pytest.fixture(scope="session")
def kafka(base_dir):
    with kafka_broker.running(base_dir, kafka_broker.Kafka) as broker:
        yield broker


@pytest.fixture(scope="session")
def connect_worker(base_dir, kafka):
    with kafka_connect.running(os.path.join(base_dir, "connect"), kafka.bootstrap) as worker:
        yield worker


@pytest.fixture(scope="session")
def observer(kafka):
    return Observer(kafka.bootstrap)


@pytest.fixture
def db(postgres, database):
    with postgres.connect(database) as connection:
        yield connection


@pytest.fixture
def connector(postgres, database, db, connect_worker):
    """The connector of a test, `outbox`, as the guide's example has it; start(options) makes it."""
    made = kafka_connect.Connector(connect_worker, postgres, database, db)
    yield made
    made.remove()


@pytest.fixture
def aggregate_type(kafka):
    """One of the test's own, so that the topic is."""
    name = kafka.topic_name("order")
    kafka.create_topic("outbox.event." + name)
    return name


@pytest.fixture
def topic(aggregate_type):
    return "outbox.event." + aggregate_type


@pytest.fixture
def outrider(tmp_path):
    runner = relay.Outrider(str(tmp_path), {})
    yield runner
    runner.stop_all()


@pytest.fixture
def guide(tmp_path, postgres, database, kafka, connect_worker, outrider):
    services = {}
    walk = guides.Guide("migrate-from-debezium.md", str(tmp_path), {
        "OUTRIDER_DATABASE_DSN": postgres.dsn(database), "OUTRIDER_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "PGHOST": "127.0.0.1", "PGPORT": str(postgres.port), "PGUSER": "postgres", "PGDATABASE": database,
        "CONNECT": connect_worker.url,
    }, services)
    services["outrider"] = guides.relay_service(walk, outrider)
    return walk
