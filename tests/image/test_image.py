# SPDX-License-Identifier: Apache-2.0
"""The container image: its steps can be carried out, and what comes of them relays as PID 1, as a user
who may do nothing, in a root that cannot be written to."""

import json
import os
import shutil
import signal
import subprocess
import tempfile

import pytest

from support import image as images
from support import mock_kafka, need, postgres as postgres_server
from support.kafka_broker import TOP
from support.process import children, free_port, stop, wait_until


@pytest.fixture(scope="session")
def image():
    for program in images.NEEDS:
        if shutil.which(program) is None:
            need.missing(program)
    if os.geteuid() != 0:
        need.missing("root, for chroot and namespaces,")
    directory = os.path.join(TOP, "build", "image")
    os.makedirs(directory, exist_ok=True)
    return images.Build("Dockerfile", directory).image


@pytest.fixture(scope="session")
def postgres():
    base = tempfile.mkdtemp(prefix="outrider-image-")
    os.chmod(base, 0o755)
    server = postgres_server.Postgres(base)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def kafka():
    mock = mock_kafka.MockKafka()
    try:
        yield mock.start()
    finally:
        mock.stop()


@pytest.fixture
def database(postgres):
    name = postgres.create_database()
    yield name
    postgres.drop_database(name)


@pytest.fixture
def settings(postgres, database, kafka):
    """What the container is told, by its environment. Its port is the host's, so not the image's own."""
    return [f"OUTRIDER_DATABASE_DSN={postgres.dsn(database)}", f"OUTRIDER_KAFKA_BOOTSTRAP_SERVERS={kafka.bootstrap}",
            f"OUTRIDER_HTTP_LISTEN=0.0.0.0:{free_port()}"]


@pytest.fixture
def container(image, settings, tmp_path):
    """Starts the image with other words than its CMD, if any are given; (process, its log)."""
    started = []

    def start(*words):
        log = tmp_path / f"{len(started)}.log"
        with open(log, "wb") as out:
            started.append(image.popen([*settings, *image.entrypoint, *(words or image.cmd)],
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=out))
        return started[-1], log

    yield start
    for one in started:
        stop(one, signal.SIGKILL)


def ended(container, *words):
    child, log = container(*words)
    return child.wait(60), log.read_text()


def first_process(child):
    """The pid of a container's PID 1, seen from here, once it is outrider."""

    def found():
        pids = children(child.pid)
        return pids and os.readlink(f"/proc/{pids[0]}/exe").endswith("/usr/bin/outrider") and pids[0]

    return wait_until(found, 10, "outrider runs")


def status(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next(line.split()[1:] for line in lines if line.startswith(field + ":"))


def test_it_relays_as_pid_1_with_no_right_and_nothing_to_write_to(image, container, postgres, database):
    assert ended(container, "schema", "apply")[0] == 0
    with postgres.connect(database) as db:
        db.execute("INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) "
                   "SELECT gen_random_uuid(), 'order', i::text, 'order.placed', '{}' FROM generate_series(1, 50) i")
        child, log = container()
        pid = first_process(child)
        assert status(pid, "NSpid")[-1] == "1"
        assert set(status(pid, "Uid")) == set(status(pid, "Gid")) == {"65532"} and status(pid, "Groups") == []
        assert status(pid, "NoNewPrivs") == ["1"]
        for which in ("CapPrm", "CapEff", "CapBnd"):
            assert int(status(pid, which)[0], 16) == 0
        with open(f"/proc/{pid}/mounts", encoding="ascii") as mounts:
            root = next(line.split()[3] for line in mounts if line.split()[1] == "/")
        assert "ro" in root.split(",")
        wait_until(lambda: db.execute("SELECT bool_and(published) FROM outbox_messages").fetchone()[0], 30,
                   log.read_text)
    code, said = ended(container, *image.health[1:])
    assert (code, json.loads(said)["healthy"]) == (0, True)
    os.kill(pid, signal.SIGTERM)
    assert child.wait(15) == 0, log.read_text()
    assert "event=relay_stopped published=50" in log.read_text()


def test_an_outage_makes_it_not_unhealthy(image, container, settings):
    settings[:2] = ["OUTRIDER_DATABASE_DSN=postgresql://127.0.0.1:1/nowhere", "OUTRIDER_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:1"]
    code, said = ended(container, *image.health[1:])
    assert code != 0 and "no relay answers" in said
    child, log = container()
    wait_until(lambda: "event=kafka_unavailable" in log.read_text(), 30, log.read_text)
    assert image.health[0] == image.entrypoint[0]
    assert ended(container, *image.health[1:])[0] == 0
    os.kill(first_process(child), signal.SIGTERM)
    assert child.wait(15) == 0


def test_it_listens_for_others(image):
    assert "OUTRIDER_HTTP_LISTEN=0.0.0.0:8467" in image.env


def test_a_wrong_setting_ends_it_with_78(container):
    code, said = ended(container, "run", "-o", "outbox.lanes=0")
    assert code == 78 and "outbox.lanes" in said


def test_nothing_of_the_build_is_left_in_it(image):
    for program in ("gcc", "make", "ld"):
        assert not os.path.exists(image.path(f"/usr/bin/{program}"))
    assert os.listdir(image.path("/var/lib/apt/lists")) == []
    assert not os.path.exists(image.path("/src"))
    assert os.access(image.path("/usr/share/doc/outrider/LICENSE"), os.R_OK)


def test_it_says_what_it_is(image):
    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in image.labels
