# SPDX-License-Identifier: Apache-2.0
"""What the suites share: a directory, a PostgreSQL, a database a test, and a relay at a mock Kafka. A plugin of
pytest; a suite overrides what it wants otherwise, by the name of the fixture."""

import os
import shutil
import tempfile

import pytest

from support import need
from support import outrider as relay
from support import postgres as postgres_server
from support.mock_kafka import MockKafka
from support.outbox import Outbox
from support.process import free_port


@pytest.fixture(scope="session")
def base_dir():
    """A directory that every user may enter, away from pytest's own: postgres must reach it."""
    path = tempfile.mkdtemp(prefix="outrider-tests-")
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_settings():
    return {}


@pytest.fixture(scope="session")
def postgres(base_dir, postgres_settings):
    if postgres_server.bindir() is None:
        need.missing("PostgreSQL (initdb)")
    path = os.path.join(base_dir, "postgres")
    os.mkdir(path)
    server = postgres_server.Postgres(path, postgres_settings)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def kafka():
    mock = MockKafka().start()
    yield mock
    mock.stop()


@pytest.fixture
def database_options():
    return ""


@pytest.fixture
def database(postgres, database_options):
    """The name of a fresh database."""
    name = postgres.create_database(database_options)
    yield name
    postgres.drop_database(name)


@pytest.fixture
def outrider(tmp_path, postgres, database, kafka):
    """The relay, configured for this test's database and the mock."""
    runner = relay.Outrider(str(tmp_path), {
        "database": {"dsn": postgres.dsn(database)},
        "kafka": {"bootstrap.servers": kafka.bootstrap},
        "log": {"format": "json"},
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


@pytest.fixture
def away():
    """The address of a server that is not there."""
    return f"127.0.0.1:{free_port()}"
