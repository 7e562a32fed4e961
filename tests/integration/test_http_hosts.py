# SPDX-License-Identifier: Apache-2.0
"""A browser that a stranger's name leads here (DNS rebinding) reads nothing; and no answer is for other origins."""

import socket

import pytest

from support.monitor import ANYWHERE, Monitor

STRANGER = {"Host": "evil.example:8467"}
GUARDED = ["/", "/style.css", "/icon.svg", "/metrics", "/status.json", "/status.txt", "/nothing"]
MISDIRECTED = 421


@pytest.fixture
def config(away):
    """Of a relay without servers, whose names are in its answers; with keys of http."""

    def make(**http):
        return {"database": {"dsn": f"postgresql://postgres@{away}/none"}, "kafka": {"bootstrap.servers": away},
                "http": ANYWHERE["http"] | http}

    return make


@pytest.fixture
def start(outrider, config):
    return lambda **http: Monitor(outrider.run(config=config(**http)))


@pytest.fixture
def monitor(start):
    return start()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_strangers_name_is_refused(monitor, method):
    for path in GUARDED:
        status, headers, body = monitor.ask(path, method, headers=STRANGER)
        assert status == MISDIRECTED and headers["Content-Type"].startswith("text/plain")
        assert method == "HEAD" or (b"http.hosts" in body and b"evil" not in body)


def test_a_probe_is_told_the_status_alone(monitor, away):
    monitor.wait_for(lambda m: away.encode() in m.ask("/readyz")[2], 20, "reasons")
    for path, expected in {"/healthz": 200, "/readyz": 503}.items():
        status, _, body = monitor.ask(path, headers=STRANGER)
        assert status == expected and b"http.hosts" in body
        assert away.encode() not in body and b"reason\"" not in body


@pytest.mark.parametrize("host", ["127.0.0.1:8467", "[::1]:8467", "10.1.2.3", "localhost:9", "outrider:8467",
                                  "outrider.default.svc.cluster.local:8467"])
def test_names_that_no_stranger_can_own(monitor, host):
    assert monitor.ask("/metrics", headers={"Host": host})[0] == 200


def test_a_request_without_a_host(monitor):
    """As HTTP/1.0 allows; a browser always sends one."""
    with socket.create_connection(("127.0.0.1", monitor.port), timeout=10) as one:
        one.sendall(b"GET /status.json HTTP/1.0\r\n\r\n")
        assert b"".join(iter(lambda: one.recv(65536), b"")).startswith(b"HTTP/1.1 200")


def test_names_of_the_configuration_and_a_reload(start, config, outrider):
    monitor = start(hosts=["relay.example.org", "*.relays.example.org"])

    def statuses(at):
        return [at.ask("/", headers={"Host": host})[0]
                for host in ("Relay.example.org:80", "a.relays.example.org", "example.org")]

    assert statuses(monitor) == [200, 200, MISDIRECTED]
    monitor.daemon.reload(outrider.text(config(hosts=["example.org"])))
    monitor.wait_for(lambda m: statuses(m) == [MISDIRECTED, MISDIRECTED, 200], 20, "the new names")
    monitor.daemon.reload(outrider.text(config(hosts=None)))
    monitor.wait_for(lambda m: statuses(m) == [MISDIRECTED] * 3, 20, "no names")
    assert monitor.daemon.terminate() == 0
    events = [event["event"] for event in monitor.daemon.events()]
    assert events.count("reloaded") == 2 and "reloading" not in events, "the lanes went on"


def test_no_other_origin_may_read(monitor):
    for path in ["/", "/metrics", "/healthz", "/readyz", "/status.json", "/status.txt", "/nothing"]:
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}):
            _, answer, _ = monitor.ask(path, headers=headers)
            assert not [name for name in answer if name.lower().startswith("access-control-")]
            assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    status, answer, _ = monitor.ask("/status.json", "OPTIONS", headers={
        "Origin": "https://evil.example", "Access-Control-Request-Method": "GET"})
    assert status == 405 and not [name for name in answer if name.lower().startswith("access-control-")]
