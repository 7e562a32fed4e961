# SPDX-License-Identifier: Apache-2.0
"""TLS and login towards PostgreSQL. What is wrong there is the cluster's fault: it is named in the log,
costs no row an attempt, shows no secret, and once it is mended the rows go without a restart."""

import os
import uuid

import pytest

from support import need, tls
from support import outrider as relay
from support import postgres as postgres_server
from support.secure_postgres import SecurePostgres

PASSWORD = "Geheim" + uuid.uuid4().hex


@pytest.fixture(scope="module")
def certificates(base_dir):
    if tls.absent():
        need.missing(tls.absent())
    return tls.Certificates(os.path.join(base_dir, "postgres-tls"))


@pytest.fixture(scope="module")
def postgres(base_dir, certificates):
    if postgres_server.bindir() is None:
        need.missing("PostgreSQL (initdb)")
    path = os.path.join(base_dir, "secure-postgres")
    os.mkdir(path)
    server = SecurePostgres(path, certificates, PASSWORD)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def secured(outrider, outbox, postgres, database, certificates):
    """The relay's configuration, checking everything."""
    outrider.config = relay.merge(outrider.config, {"database": {
        "dsn": postgres.secure_dsn(database, PASSWORD, certificates.authority)}})
    yield outrider
    assert PASSWORD not in outrider.said()


# What is wrong -> how the server comes to it, and what the log must say.
FAULTS = {
    "wrong CA": (lambda server: server.present(server.certificates.stranger),
                 "certificate verify failed"),
    "expired": (lambda server: server.present(server.certificates.expired),
                "certificate verify failed"),
    "wrong host name": (lambda server: server.present(server.certificates.wrong_name),
                        'server certificate for "db.example.org".* does not match host name "localhost"'),
    "no TLS": (lambda server: server.present(None), "server does not support SSL"),
    "wrong password": (lambda server: server.set_password("another"),
                       'password authentication failed for user "relay"'),
}


def mend(server):
    server.present(server.certificates.right)
    server.set_password(PASSWORD)


@pytest.fixture(autouse=True)
def mended(postgres):
    yield
    mend(postgres)


def test_everything_checked_and_right(secured, outbox, settled, observer, db, topic):
    outbox.fill(topic, 20)
    daemon = secured.run()
    settled(daemon)
    assert db.execute(
        "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
        "WHERE application_name = 'outrider' AND datname = current_database()").fetchall() == [(True,)]
    assert observer.count(topic) == 20
    assert not daemon.failures("postgres_unavailable")
    assert daemon.terminate() == 0


def test_password_file_by_host_name(secured, outbox, postgres, database, certificates, topic):
    outbox.insert(topic)
    path = os.path.join(secured.base, "pgpass")
    with open(path, "w", encoding="ascii", opener=lambda *a: os.open(*a, 0o600)) as out:
        out.write(f"127.0.0.1:*:*:*:not this one\nlocalhost:{postgres.port}:*:relay:{PASSWORD}\n")
    dsn = postgres.secure_dsn(database, "", certificates.authority) + f"&passfile={path}"
    secured.drain(config={"database": {"dsn": dsn.replace("relay:@", "relay@")}}).expect(0)


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_named_and_waited_out(secured, outbox, settled, observer, postgres, topic, fault):
    spoil, words = FAULTS[fault]
    spoil(postgres)
    outbox.fill(topic, 10)
    daemon = secured.run()
    daemon.wait_until(lambda: len(daemon.failures("postgres_unavailable")) > 1, 20, fault)
    assert daemon.warned_of(words.replace('"', r'\\"')), daemon.text()
    assert {fault_class for fault_class, _ in daemon.failures("postgres_unavailable")} == {"cluster"}
    assert PASSWORD not in secured.command("status").expect(69).output
    assert outbox.row_counts() == (0, 0)
    mend(postgres)
    settled(daemon)
    assert observer.count(topic) == 10
    assert outbox.row_counts() == (10, 0)
    assert daemon.terminate() == 0
