# SPDX-License-Identifier: Apache-2.0
"""outrider health asks the relay that runs with its configuration, and nobody else."""

import json

import pytest

from support.process import free_port

NO, UNAVAILABLE, CONFIGURATION = 1, 69, 78


@pytest.fixture
def listen(outrider):
    """The relay's address, known to both."""
    outrider.config["http"] = {"listen": f"127.0.0.1:{free_port()}"}
    return outrider.config["http"]["listen"]


def probe(outrider, *options):
    return outrider.command("health", *options)


def test_a_relay_that_is_well(outrider, outbox, listen):
    daemon = outrider.run()
    daemon.wait_for_log("connected")
    assert json.loads(probe(outrider).expect(0).stdout)["healthy"]
    daemon.wait_until(lambda: probe(outrider, "--ready").code == 0, 20, "readiness")
    assert json.loads(probe(outrider, "--ready").expect(0).stdout) == {"ready": True, "reasons": []}
    assert daemon.terminate() == 0
    said = probe(outrider).expect(UNAVAILABLE).stderr
    assert said == f"outrider: health: no relay answers at {listen}: Connection refused\n"


def test_an_outage_is_well_and_not_ready(outrider, outbox, listen, away):
    outrider.config["kafka"]["bootstrap.servers"] = away
    daemon = outrider.run()
    daemon.wait_for_log("kafka_unavailable")
    probe(outrider).expect(0)
    (reason,) = json.loads(probe(outrider, "--ready").expect(NO).stdout)["reasons"]
    assert reason["reason"] == "kafka_unavailable"
    assert daemon.running()


@pytest.mark.parametrize("setting", ("", "127.0.0.1:0"))
def test_nowhere_to_ask(outrider, setting):
    said = outrider.command("health", "-o", f"http.listen={setting}").expect(CONFIGURATION).stderr
    assert "http.listen" in said


def test_somebody_else_has_the_port(outrider, listen, kafka):
    """A broker that speaks no HTTP closes on it."""
    said = outrider.command("health", "-o", f"http.listen={kafka.bootstrap}").expect(UNAVAILABLE).stderr
    assert f"no relay answers at {kafka.bootstrap}" in said
