# SPDX-License-Identifier: Apache-2.0
"""The servers of a session and the fixtures of a test.

One PostgreSQL, one Kafka and at most one PgBouncer serve the whole session; a test has a database
and topics of its own. `version`, `slots`, `ordering` and `on_published` are fixtures with a default, so a
test that is true for several values says @pytest.mark.parametrize and nothing else changes.
"""

import os
import signal

import pytest

from support import kafka_broker, need, pgbouncer as pgbouncer_server
from support import outrider as relay
from support.observer import Observer
from support.outbox import Outbox
from support.process import wait_until
from support.schema import Schema
from support.supervisor import Supervisor
from support.writer import Writers

pytest_plugins = ["support.fixtures"]


def pytest_configure():
    """SIGTERM ends the session as ^C does: servers stop and directories go."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def kafka(base_dir):
    with kafka_broker.running(base_dir, kafka_broker.Kafka) as broker:
        yield broker


@pytest.fixture(scope="session")
def pgbouncer(base_dir, postgres):
    if pgbouncer_server.program() is None:
        need.missing("PgBouncer")
    path = os.path.join(base_dir, "pgbouncer")
    os.mkdir(path)
    pooler = pgbouncer_server.PgBouncer(path, postgres)
    try:
        yield pooler.start()
    finally:
        pooler.stop()


@pytest.fixture(scope="session")
def observer(kafka):
    return Observer(kafka.bootstrap)


@pytest.fixture
def schema(tmp_path, postgres, database):
    return Schema(str(tmp_path), postgres, database)


@pytest.fixture
def other(tmp_path, postgres):
    """The same of a second database."""
    name = postgres.create_database()
    yield Schema(str(tmp_path), postgres, name)
    postgres.drop_database(name)


@pytest.fixture
def connect(postgres, database):
    """Makes a connection to the test's database; closed with the test at the latest."""
    made = []

    def new(**options):
        made.append(postgres.connect(database, **options))
        return made[-1]

    yield new
    for connection in made:
        connection.close()


@pytest.fixture
def db(connect):
    return connect()


@pytest.fixture
def make_role(db, database):
    """Makes a role that can log in, with what is granted to it: its name. It goes with the test."""
    made = []

    def make(name, *rights):
        role = f"{name}_{database}"
        db.execute(f"CREATE ROLE {role} LOGIN")
        made.append(role)
        for right in rights:
            db.execute(f"GRANT {right} TO {role}")
        return role

    yield make
    for role in made:
        db.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


@pytest.fixture
def version():
    return 1


@pytest.fixture
def slots():
    """Of a table of version 2. With more than one a relay has two lanes."""
    return 1


@pytest.fixture
def ordering():
    return "key"


@pytest.fixture
def on_published():
    return "mark"


@pytest.fixture
def topic(kafka):
    """A fresh topic, made beforehand: librdkafka looks only once a second for one that the broker makes."""
    return kafka.create_topic(kafka.topic_name())


@pytest.fixture
def outrider(request, tmp_path, postgres, database, kafka, ordering, on_published, slots):
    """The relay, configured for this test's database and broker."""
    if not os.access(relay.BINARY, os.X_OK):
        pytest.fail(f"{relay.BINARY} is not built ('make')", pytrace=False)
    runner = relay.Outrider(str(tmp_path), {
        "database": {"dsn": postgres.dsn(database)},
        "outbox": {"table": "outbox_messages", "ordering": ordering, "on_published": on_published,
                   "lanes": min(slots, 2)},
        "kafka": {"bootstrap.servers": kafka.bootstrap},
        "log": {"level": "debug", "format": "json"},
    })
    request.node.outrider = runner
    yield runner
    runner.stop_all()


@pytest.fixture
def supervisor(tmp_path):
    """A service manager that hears what a relay says; see its `env` and `watching`."""
    manager = Supervisor(str(tmp_path))
    yield manager
    manager.close()


@pytest.fixture
def make_outbox(db, outrider, version, slots):
    """Makes an outbox table of the test's version and tells the relay of it."""

    def make(table="outbox_messages", columns=None, payload="jsonb NOT NULL", create=True):
        outbox = Outbox(db, table if '"' in table else f'"{table}"', columns)
        if create:
            outbox.create(payload)
        section = {"table": table}
        if columns:
            section["columns"] = columns
        outrider.config = relay.merge(outrider.config, {"outbox": section})
        if version > 1:
            outrider.command("schema", "apply", "--to", str(version), "--slots", str(slots)).expect(0)
        return outbox

    return make


@pytest.fixture
def outbox(make_outbox):
    """The table of interface.md at the test's version."""
    return make_outbox()


@pytest.fixture
def writers(connect, outbox, topic):
    """Makes and starts writers on the test's table and topic."""
    started = []

    def start(**options):
        started.append(Writers(connect, outbox, topic, **options).start())
        return started[-1]

    yield start
    for one in started:
        one.stop()
        one.join()


@pytest.fixture
def settled(outbox):
    """Waits until no row is left to publish."""

    def wait(daemon=None, timeout=60):
        wait_for = daemon.wait_until if daemon else wait_until
        wait_for(lambda: outbox.unpublished() == 0, timeout, "all rows published")

    return wait


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Lays the relay's logs beside a failure."""
    outcome = yield
    report = outcome.get_result()
    runner = getattr(item, "outrider", None)
    if report.when == "call" and report.failed and runner is not None:
        for log in runner.logs:
            with open(log, "rb") as text:
                said = text.read().decode(errors="replace")
            report.sections.append((f"outrider: {os.path.basename(log)}", said[-6000:]))
