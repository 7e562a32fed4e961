# SPDX-License-Identifier: Apache-2.0
"""A browser, and a relay between a PostgreSQL and a mock Kafka to be looked at."""

import os
import shutil
import tempfile

import pytest

from support import browser, need
from support import outrider as relay
from support import postgres as postgres_server
from support.mock_kafka import MockKafka
from support.outbox import Outbox
from support.process import free_port


@pytest.fixture(scope="session")
def base_dir():
    path = tempfile.mkdtemp(prefix="outrider-page-")
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium(base_dir):
    if browser.program() is None:
        need.missing("chromium")
    one = browser.Browser(os.path.join(base_dir, "browser"))
    yield one
    one.close()


@pytest.fixture(scope="session")
def postgres(base_dir):
    if postgres_server.bindir() is None:
        need.missing("PostgreSQL (initdb)")
    path = os.path.join(base_dir, "postgres")
    os.mkdir(path)
    server = postgres_server.Postgres(path)
    yield server.start()
    server.stop()


@pytest.fixture(scope="session")
def kafka():
    mock = MockKafka().start()
    yield mock
    mock.stop()


@pytest.fixture
def database(postgres):
    name = postgres.create_database()
    yield name
    postgres.drop_database(name)


@pytest.fixture
def outrider(tmp_path, postgres, database, kafka):
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
    return f"127.0.0.1:{free_port()}"
