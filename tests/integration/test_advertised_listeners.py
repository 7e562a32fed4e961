# SPDX-License-Identifier: Apache-2.0
"""A broker answers at bootstrap.servers and advertises an address that leads nowhere: the error names that address."""

import json
import socket

import pytest

from support import kafka_broker, outrider as relay
from support.process import free_port


@pytest.fixture
def version():
    return 2


class Nowhere:
    """What stands in advertised.listeners instead of a proxy; `upstream` is the port that answers."""

    def __init__(self, host, port):
        self.host, self.port, self.upstream = host, port, None


@pytest.fixture(scope="module", params=["closed", "unresolvable", "silent"])
def nowhere(request):
    with socket.socket() as silent:  # takes connections in the kernel, and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen(64)
        yield {"closed": Nowhere("127.0.0.1", free_port()),
               "unresolvable": Nowhere("broker.invalid", 9092),
               "silent": Nowhere("127.0.0.1", silent.getsockname()[1])}[request.param]


@pytest.fixture(scope="module")
def kafka(base_dir, nowhere):
    with kafka_broker.running(base_dir, lambda path: kafka_broker.Kafka(path, proxy=nowhere)) as broker:
        yield broker


@pytest.fixture
def strayed(outrider, nowhere):
    outrider.config = relay.merge(outrider.config, {
        "kafka": {"bootstrap.servers": f"127.0.0.1:{nowhere.upstream}"}, "outbox": {"topic_retry": "500ms"}})
    return outrider


def test_the_log_names_it(strayed, outbox, kafka, nowhere):
    topic = kafka.create_topic(kafka.topic_name())
    for n in range(5):
        outbox.insert(topic, aggregate=f"a-{n}")
    daemon = strayed.run()
    daemon.wait_until(lambda: [event for event in daemon.events() if event["level"] == "warn"], 30, "a warning")
    said = next(event for event in daemon.events() if event["level"] == "warn")
    assert f"{nowhere.host}:{nowhere.port}" in said["error"], said
    assert "advertised.listeners" in said["error"], said
    assert outbox.row_counts() == (0, 0)


def test_check_names_it(strayed, outbox, kafka, nowhere):
    outbox.insert(kafka.create_topic(kafka.topic_name()))
    found = [json.loads(line) for line in strayed.command("check", "--json").stdout.splitlines()]
    astray, = [one for one in found if one["code"] == "broker-astray"]
    assert astray["severity"] == "error"
    assert f"broker 1 does not at {nowhere.host}:{nowhere.port}" in astray["detail"]
    assert f"127.0.0.1:{nowhere.upstream}" in astray["detail"]
    assert "advertised.listeners" in astray["detail"] and "advertised.listeners" in astray["remedy"]
