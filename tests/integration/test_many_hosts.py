# SPDX-License-Identifier: Apache-2.0
"""A DSN with several hosts is tried host after host, each with its share of the time, wherever the
one that answers stands; and when none does, each is named with what it said."""

import itertools
import os
import socket

import pytest


PASSWORD = "Geheim4711"


@pytest.fixture
def silent():
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def refusing():
    """A port that is ours, and at which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def dsn(ports, database):
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    return f"postgresql://postgres:{PASSWORD}@{hosts}/{database}"


@pytest.mark.parametrize("order", list(itertools.permutations(["silent", "refusing", "real"])),
                         ids="-".join)
def test_the_one_that_answers_is_found(outrider, outbox, postgres, database, topic, silent, refusing,
                                       order):
    outbox.insert(topic)
    ports = {"silent": silent, "refusing": refusing, "real": postgres.port}
    config = {"database": {"dsn": dsn([ports[name] for name in order], database),
                           "connect_timeout": "1s"}}
    result = outrider.command("status", "--json", config=config).expect(0)
    assert '"messages":1' in result.stdout
    assert result.seconds < 2 and PASSWORD not in result.output


def test_rows_arrive_past_a_silent_host(outrider, outbox, postgres, database, settled, observer, topic,
                                        silent):
    outbox.fill(topic, 20)
    daemon = outrider.run(config={"database": {"dsn": dsn([silent, postgres.port], database),
                                               "connect_timeout": "1s"}})
    settled(daemon, 20)
    assert observer.count(topic) == 20
    assert not daemon.warned_of("postgres_unavailable")
    assert daemon.terminate() == 0


def test_each_is_named_when_none_answers(outrider, database, silent, refusing):
    config = {"database": {"dsn": dsn([silent, refusing], database), "connect_timeout": "1s"}}
    result = outrider.command("status", config=config).expect(69)
    assert f"port {silent} failed: PostgreSQL did not answer in time" in result.stderr
    assert f"port {refusing} failed: Connection refused" in result.stderr
    assert PASSWORD not in result.output


def test_hosts_from_the_environment(outrider, outbox, postgres, database, topic, silent):
    outbox.insert(topic)
    env = {"PGHOST": "127.0.0.1,127.0.0.1", "PGPORT": f"{silent},{postgres.port}"}
    outrider.drain(config={"database": {"dsn": f"dbname={database} user=postgres",
                                        "connect_timeout": "1s"}}, env=env).expect(0)


def test_hosts_from_a_service_file(outrider, outbox, postgres, database, topic, silent):
    outbox.insert(topic)
    path = os.path.join(outrider.base, "pg_service.conf")
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"[orders]\nhost=127.0.0.1,127.0.0.1\nport={silent},{postgres.port}\n"
                  f"dbname={database}\nuser=postgres\n")
    outrider.drain(config={"database": {"dsn": "service=orders", "connect_timeout": "1s"}},
                   env={"PGSERVICEFILE": path}).expect(0)


def test_a_writer_is_wanted_and_a_reader_will_do_for_a_look(outrider, outbox, db, database, topic):
    outbox.insert(topic)
    db.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on")
    assert '"messages":1' in outrider.command("status", "--json").expect(0).stdout
    drained = outrider.drain("--give-up", "1s").expect(69)
    assert "session is read-only" in drained.stderr
    assert "session is read-only" in outrider.command("schema", "apply").expect(69).stderr
    for wanted in ("any", "read-only", "prefer-standby"):
        dsn_of_it = outrider.config["database"]["dsn"] + f"?target_session_attrs={wanted}"
        found = outrider.command("schema", "status", config={"database": {"dsn": dsn_of_it}})
        assert "version" in found.expect(1).stdout  # 2 is pending
    assert outbox.row_counts() == (0, 0)
