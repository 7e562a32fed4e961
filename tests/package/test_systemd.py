# SPDX-License-Identifier: Apache-2.0
"""The service under a real systemd, that of Debian 12 in a container that has booted: with its hardening it
starts, relays, is reloaded, fed, stopped, restarted, upgraded, and does not loop over what a restart cannot heal."""

import os
import shutil
import urllib.request

import pytest

from support import debian, kafka_broker, mock_kafka, need, postgres as postgres_server, process, tls
from support.outbox import Outbox
from support.secure_kafka import SecureKafka
from support.secure_postgres import SecurePostgres

SETTINGS = "/etc/outrider/outrider.yaml"
UNIT = "outrider.service"
SOCKET = "/srv/postgres"


@pytest.fixture(scope="module")
def machine(base_root, folder):
    debian.need_all("systemd-nspawn", "nsenter")
    one = debian.Machine(base_root, os.path.join(folder, "machine"), f"outrider-test-{os.getpid()}")
    try:
        reason = one.boot()
        if reason is not None:
            need.missing(f"a kernel that lets systemd boot in a container ({reason})")
        yield one
    finally:
        one.power_off()


@pytest.fixture(scope="module")
def postgres(machine):
    """It runs beside the machine, with its socket where the machine sees it."""
    base = machine.file(SOCKET)
    os.mkdir(base)
    server = postgres_server.Postgres(base)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def kafka():
    mock = mock_kafka.MockKafka()
    try:
        yield mock.start()
    finally:
        mock.stop()


@pytest.fixture(scope="module")
def outbox(postgres):
    with postgres.connect(postgres.create_database()) as connection:
        yield Outbox(connection).create()


@pytest.fixture(scope="module")
def monitor():
    """Where the relay answers; the machine's loopback is this machine's."""
    return f"127.0.0.1:{process.free_port()}"


@pytest.fixture(scope="module")
def settings(postgres, outbox, kafka, monitor):
    def text(**more):
        lines = [f"database: {{dsn: '{postgres.dsn(outbox.connection.info.dbname)}'}}",
                 f"kafka: {{bootstrap.servers: '{kafka.bootstrap}'}}", f"http: {{listen: '{monitor}'}}"]
        return "\n".join(lines + [f"{name}: {value}" for name, value in more.items()]) + "\n"
    return text


@pytest.fixture
def service(machine, settings):
    """A service that has started, with these settings."""
    machine.write(SETTINGS, settings(), 0o644)
    machine.run("systemctl", "reset-failed", UNIT)
    machine.run("systemctl", "restart", UNIT)
    return machine


def arrives(machine, outbox):
    """One more row is relayed."""
    outbox.insert("orders")
    machine.wait(lambda: outbox.unpublished() == 0, lambda: "the row is published:\n" + machine.journal(UNIT))


def drop_in(machine, unit, text):
    folder = f"/etc/systemd/system/{unit}.d"
    os.makedirs(machine.file(folder), exist_ok=True)
    machine.write(folder + "/test.conf", text, 0o644)
    machine.run("systemctl", "daemon-reload")


def take_back(machine, unit):
    shutil.rmtree(machine.file(f"/etc/systemd/system/{unit}.d"))
    machine.run("systemctl", "daemon-reload")


def test_installed_it_waits_for_a_configuration(machine, older):
    machine.run("dpkg", "-i", machine.take(older))
    assert machine.show(UNIT, "UnitFileState") == "enabled"
    assert machine.show(UNIT, "ActiveState") == "inactive"
    assert machine.show(UNIT, "ConditionResult") == "no"
    machine.run("systemctl", "start", UNIT)  # nothing, and no error
    assert machine.show(UNIT, "ActiveState") == "inactive"


def test_started_it_is_ready_and_relays(service, outbox):
    assert service.show(UNIT, "ActiveState") == "active"
    arrives(service, outbox)
    service.wait(lambda: "published" in service.show(UNIT, "StatusText"), lambda: service.show(UNIT, "StatusText"))
    pid = service.show(UNIT, "MainPID")
    words = service.run("grep", "-E", "^(Uid|CapEff|NoNewPrivs|Seccomp):", f"/proc/{pid}/status").split("\n")
    user = service.run("id", "-u", "outrider").strip()
    assert words[0].split()[1] == user
    assert [line.split()[1] for line in words[1:4]] == ["0000000000000000", "1", "2"]


def test_an_upgrade_restarts_it(service, outbox, package):
    before = service.show(UNIT, "MainPID")
    service.run("dpkg", "-i", service.take(package))
    assert service.show(UNIT, "ActiveState") == "active"
    assert service.show(UNIT, "MainPID") != before
    arrives(service, outbox)


def test_it_answers_behind_the_fences(service, monitor):
    with urllib.request.urlopen(f"http://{monitor}/healthz", timeout=10) as answer:
        assert answer.status == 200


def test_a_reload_keeps_the_process(service, outbox, settings):
    pid = service.show(UNIT, "MainPID")
    service.write(SETTINGS, settings(stop_timeout="3s"), 0o644)
    service.run("systemctl", "reload", UNIT)
    service.wait(lambda: "event=reloaded" in service.journal(UNIT), lambda: service.journal(UNIT))
    service.wait(lambda: service.show(UNIT, "ActiveState") == "active", "it is active again")
    assert service.show(UNIT, "MainPID") == pid
    service.write(SETTINGS, "nonsense: 1\n", 0o644)
    service.run("systemctl", "reload", UNIT)
    service.wait(lambda: "event=reload_failed" in service.journal(UNIT), lambda: service.journal(UNIT))
    service.wait(lambda: service.show(UNIT, "ActiveState") == "active", "it is active still")
    arrives(service, outbox)


def test_a_stop_is_clean(service, outbox):
    arrives(service, outbox)
    service.run("systemctl", "stop", UNIT)
    assert (service.show(UNIT, "Result"), service.show(UNIT, "ExecMainStatus")) == ("success", "0")
    assert service.show(UNIT, "ActiveState") == "inactive"


def test_a_stop_has_the_time_that_stop_timeout_says(machine, service, outbox, settings, kafka):
    """Kafka is silent, so that the stop takes all of it; systemd alone would have killed it earlier."""
    drop_in(machine, UNIT, "[Service]\nTimeoutStopSec=1s\n")
    machine.write(SETTINGS, settings(stop_timeout="4s"), 0o644)
    machine.run("systemctl", "restart", UNIT)
    arrives(machine, outbox)
    kafka.freeze()
    try:
        outbox.insert("orders")
        machine.wait(lambda: machine.show(UNIT, "ActiveState") == "active" and in_hand(outbox), "the row is in hand")
        machine.run("systemctl", "stop", UNIT)
        assert machine.show(UNIT, "Result") == "success"
        assert "event=relay_leaving reason=stop_timeout" in machine.journal(UNIT)
    finally:
        kafka.thaw()
        take_back(machine, UNIT)


def in_hand(outbox):
    """Somebody else's transaction holds a row."""
    locked = "SELECT count(*) FROM (SELECT FROM {table} WHERE NOT {published} FOR UPDATE SKIP LOCKED) free"
    return outbox.value(locked) == 0 and outbox.unpublished() > 0


def test_killed_it_comes_back(service, outbox):
    pid = service.show(UNIT, "MainPID")
    service.run("systemctl", "kill", "-s", "KILL", UNIT)
    service.wait(lambda: service.show(UNIT, "MainPID") not in (pid, "0")
                 and service.show(UNIT, "ActiveState") == "active", lambda: service.journal(UNIT))
    assert service.show(UNIT, "NRestarts") == "1"
    arrives(service, outbox)


def test_a_process_that_hangs_is_restarted(machine, service, outbox):
    drop_in(machine, UNIT, "[Service]\nWatchdogSec=1s\n")
    try:
        machine.run("systemctl", "restart", UNIT)
        machine.wait(lambda: machine.show(UNIT, "WatchdogTimestampMonotonic") != "0", "the watchdog is on")
        fed = int(machine.show(UNIT, "WatchdogTimestampMonotonic"))
        machine.wait(lambda: int(machine.show(UNIT, "WatchdogTimestampMonotonic")) > fed + 3_000_000, "it is fed for 3 s")
        assert machine.show(UNIT, "NRestarts") == "0"
        machine.run("systemctl", "kill", "-s", "STOP", UNIT)
        machine.wait(lambda: int(machine.show(UNIT, "NRestarts")) == 1 and machine.show(UNIT, "ActiveState") == "active",
                     lambda: machine.journal(UNIT))
        assert "Watchdog timeout" in machine.journal(UNIT)
        arrives(machine, outbox)
    finally:
        take_back(machine, UNIT)


def test_a_wrong_configuration_does_not_loop(service):
    service.write(SETTINGS, "outbox: {lanes: many}\n", 0o644)
    assert service.ask("systemctl", "restart", UNIT).returncode != 0
    service.wait(lambda: service.show(UNIT, "ActiveState") == "failed", lambda: service.journal(UNIT))
    assert (service.show(UNIT, "ExecMainStatus"), service.show(UNIT, "NRestarts")) == ("78", "0")
    assert "outbox.lanes" in service.journal(UNIT)


def test_an_instance_has_its_own_file_and_a_credential(machine, postgres, outbox, settings, service):
    machine.run("systemctl", "stop", UNIT)
    unit = "outrider@orders.service"
    machine.write("/etc/outrider/dsn", postgres.dsn(outbox.connection.info.dbname) + "\n", 0o600)  # root's alone
    named = settings().replace(postgres.dsn(outbox.connection.info.dbname), "${cred:dsn}")
    assert "${cred:dsn}" in named
    machine.write("/etc/outrider/orders.yaml", named, 0o644)
    drop_in(machine, unit, "[Service]\nLoadCredential=dsn:/etc/outrider/dsn\n")
    machine.run("systemctl", "start", unit)
    outbox.insert("orders")
    machine.wait(lambda: outbox.unpublished() == 0, lambda: machine.journal(unit))
    assert machine.show(UNIT, "ActiveState") == "inactive"
    machine.run("systemctl", "stop", unit)
    take_back(machine, unit)


def test_without_a_file_variables_will_do(machine, service, postgres, outbox, kafka, monitor):
    os.remove(machine.file(SETTINGS))
    drop_in(machine, UNIT, "[Unit]\nConditionPathExists=\n[Service]\n"
            f"Environment=OUTRIDER_DATABASE_DSN={postgres.dsn(outbox.connection.info.dbname)}\n"
            f"Environment=OUTRIDER_KAFKA_BOOTSTRAP_SERVERS={kafka.bootstrap} OUTRIDER_HTTP_LISTEN={monitor}\n")
    try:
        machine.run("systemctl", "restart", UNIT)
        arrives(machine, outbox)
    finally:
        take_back(machine, UNIT)


def test_a_socket_works_behind_the_fences(machine, service, postgres, outbox, settings):
    database = outbox.connection.info.dbname
    by_socket = settings().replace(postgres.dsn(database),
                                   f"postgresql://postgres@/{database}?host={SOCKET}&port={postgres.port}")
    assert by_socket != settings()
    machine.write(SETTINGS, by_socket, 0o644)
    machine.run("systemctl", "restart", UNIT)
    arrives(machine, outbox)


def test_tls_login_and_names_work_behind_the_fences(machine, service, folder, monitor):
    """The libraries look up a host's name, read a certificate, and encrypt, towards both servers."""
    certificates = tls.Certificates(os.path.join(folder, "certificates"))
    base = os.path.join(folder, "postgres")
    os.mkdir(base)
    database = SecurePostgres(base, certificates, "se:cret")
    with kafka_broker.running(folder, lambda path: SecureKafka(path, certificates, "relay", "se:cret")) as broker:
        try:
            database.start()
            with database.connect(database.create_database()) as connection:
                outbox = Outbox(connection).create()
                shutil.copy(certificates.authority, machine.file("/etc/outrider/ca.crt"))
                machine.write("/etc/hosts", "127.0.0.1 localhost\n", 0o644)
                dsn = database.secure_dsn(connection.info.dbname, "se%3Acret", "/etc/outrider/ca.crt")
                machine.write(SETTINGS, f"database: {{dsn: '{dsn}'}}\n"
                              "kafka:\n"
                              f"  bootstrap.servers: localhost:{broker.ports['right']}\n"
                              "  security.protocol: SASL_SSL\n"
                              "  ssl.ca.location: /etc/outrider/ca.crt\n"
                              "  sasl.mechanism: PLAIN\n"
                              "  sasl.username: relay\n"
                              "  sasl.password: se:cret\n"
                              f"http: {{listen: '{monitor}'}}\n", 0o644)
                machine.run("systemctl", "restart", UNIT)
                arrives(machine, outbox)
        finally:
            database.stop()


def test_removed_it_is_stopped(machine, service):
    pid = service.show(UNIT, "MainPID")
    machine.run("dpkg", "-r", "outrider")
    assert machine.ask("test", "-e", f"/proc/{pid}").returncode == 1
    machine.run("dpkg", "-P", "outrider")
    assert not os.path.exists(machine.file("/etc/outrider"))
    assert machine.ask("systemctl", "cat", UNIT).returncode != 0
