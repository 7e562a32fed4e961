# SPDX-License-Identifier: Apache-2.0
"""run tells its supervisor how it is, and closes with what it did."""

import os
import socket

import pytest

from support.process import free_port


@pytest.fixture
def supervisor(tmp_path):
    """A notification socket as a service manager has it."""
    path = os.path.join(tmp_path, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(path)
        listener.settimeout(10)
        yield path, lambda: listener.recv(4096).decode()


def test_ready_with_its_servers_away_and_stopping(outrider, supervisor):
    path, hear = supervisor
    away = f"127.0.0.1:{free_port()}"
    daemon = outrider.run(env={"NOTIFY_SOCKET": path}, config={
        "database": {"dsn": f"postgresql://postgres@{away}/nowhere"}, "kafka": {"bootstrap.servers": away}})
    assert hear().startswith("READY=1")
    assert daemon.terminate() == 0
    assert hear().startswith("STOPPING=1")


def test_the_closing_line(outrider, outbox, settled, topic):
    outbox.fill(topic, 500)
    daemon = outrider.run(config={"log": {"format": "json"}})
    settled(daemon)
    assert daemon.terminate() == 0
    events = {event["event"]: event for event in daemon.events()}
    assert list(events)[0] == "relay_started" and list(events)[-1] == "relay_stopped"
    closing = events["relay_stopped"]
    assert (closing["published"], closing["failed_attempts"], closing["dead"]) == (500, 0, 0)
    assert 0 < closing["delivery_p50_ms"] <= closing["delivery_p99_ms"]
    assert closing["cpu_us_per_message"] > 0 and closing["peak_memory_bytes"] > 1_000_000
