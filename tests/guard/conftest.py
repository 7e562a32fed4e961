# SPDX-License-Identifier: Apache-2.0
"""The guard's servers, a PostgreSQL that logs each statement and a mock Kafka, and a relay between
them."""

import os
import shutil
import tempfile

import pytest

from support import need
from support import outrider as relay
from support import postgres as postgres_server
from support.mock_kafka import MockKafka
from support.outbox import Outbox


@pytest.fixture(scope="session")
def postgres():
    if postgres_server.bindir() is None:
        need.missing("PostgreSQL (initdb)")
    base = tempfile.mkdtemp(prefix="outrider-guard-")
    os.chmod(base, 0o755)
    server = postgres_server.Postgres(base, settings={"log_statement": "all",
                                                      "log_parameter_max_length": "0"})
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka():
    mock = MockKafka().start()
    yield mock
    mock.stop()


@pytest.fixture
def database(postgres):
    """The name of a fresh database."""
    name = postgres.create_database()
    yield name
    postgres.drop_database(name)


@pytest.fixture
def outrider(tmp_path, postgres, database, kafka):
    runner = relay.Outrider(str(tmp_path), {
        "database": {"dsn": postgres.dsn(database)},
        "kafka": {"bootstrap.servers": kafka.bootstrap},
    })
    yield runner
    runner.stop_all()


@pytest.fixture
def outbox(postgres, database, outrider):
    """An empty table of version 2."""
    with postgres.connect(database) as connection:
        table = Outbox(connection).create()
        outrider.command("schema", "apply").expect(0)
        yield table
