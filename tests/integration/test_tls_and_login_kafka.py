# SPDX-License-Identifier: Apache-2.0
"""TLS, login and rights towards Kafka. A wrong certificate or password is the cluster's fault, a missing
right the topic's: it is named in the log, costs no row an attempt, shows no secret, and once it is
mended the rows go without a restart."""

import os
import re
import shutil
import uuid

import pytest

from support import kafka_broker, need, tls
from support import outrider as relay
from support.forwarder import Forwarder
from support.observer import Observer
from support.process import free_port
from support.secure_kafka import SCRAM_MECHANISMS, SecureKafka

PASSWORD = "Geheim" + uuid.uuid4().hex

# A test with it has a broker of the 3.x line; they come last, so that each broker is started once.
at_kafka_3 = pytest.mark.parametrize("kafka", [kafka_broker.JARS_3_9], indirect=True, ids=["3.9"])
each_scram = pytest.mark.parametrize("mechanism", SCRAM_MECHANISMS)


@pytest.fixture(scope="module")
def kafka(request, base_dir):
    jars = getattr(request, "param", kafka_broker.JARS)
    if tls.absent():
        need.missing(tls.absent())

    def make(path):
        return SecureKafka(path, tls.Certificates(os.path.join(path, "tls")), "relay", PASSWORD, jars)

    with kafka_broker.running(base_dir, make, jars) as broker:
        yield broker


@pytest.fixture(scope="module")
def observer(kafka):
    return Observer(kafka.bootstrap)


@pytest.fixture
def door(kafka):
    """Where the relay knocks: it leads to one of the broker's listeners."""
    port = free_port()
    forwarder = Forwarder(port, kafka.ports["right"])
    forwarder.port = port
    yield forwarder
    forwarder.close()


@pytest.fixture
def secured(outrider, kafka, door):
    """The relay's configuration with all that TLS and login need, and no more."""
    outrider.config = relay.merge(outrider.config, {"kafka": {
        "bootstrap.servers": f"localhost:{door.port}",
        "security.protocol": "SASL_SSL", "ssl.ca.location": kafka.certificates.authority,
        "sasl.mechanism": "PLAIN", "sasl.username": kafka.user, "sasl.password": PASSWORD,
        "reconnect.backoff.max.ms": 1000}})  # 10 s by default, which would only be waited out
    yield outrider
    assert PASSWORD not in outrider.said()


def test_everything_checked_and_right(secured, outbox, observer, topic):
    outbox.fill(topic, 20)
    secured.drain().expect(0)
    assert observer.count(topic) == 20 and outbox.row_counts() == (20, 0)


@each_scram
def test_scram_at_kafka_4(secured, outbox, topic, mechanism):
    """librdkafka before 2.6.1 sends a nonce that Kafka from 4.0 on refuses (librdkafka's #4895)."""
    refused = secured.command("config", "print", "-o", "kafka.none.such=1").expect(78).stderr
    version = re.search(r"librdkafka (\d+)\.(\d+)\.(\d+)", refused)
    able = tuple(map(int, version.groups())) >= (2, 6, 1)
    outbox.fill(topic, 20)
    result = secured.drain("--give-up", "10s" if able else "1s",
                           config={"kafka": {"sasl.mechanism": mechanism}})
    assert outbox.row_counts() == (20 if able else 0, 0)
    if not able:
        assert "SASL authentication error" in result.expect(69).stderr
        assert "librdkafka before 2.6.1" in result.stderr


# What is wrong -> the listener behind the door, and what the log must say.
FAULTS = {
    "wrong CA": ("stranger", "certificate verify failed"),
    "expired": ("expired", "certificate verify failed"),
    "wrong host name": ("wrong_name", "certificate verify failed"),
    "wrong password": ("other_password", "SASL authentication error: .*Invalid username or password"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_named_and_waited_out(secured, outbox, settled, observer, kafka, door, topic, fault):
    listener, words = FAULTS[fault]
    door.target = kafka.ports[listener]
    outbox.fill(topic, 10)
    daemon = secured.run()
    daemon.wait_until(lambda: daemon.failures("kafka_unavailable"), 20, fault)
    assert daemon.warned_of(words), daemon.text()
    assert {fault_class for fault_class, _ in daemon.failures("kafka_unavailable")} == {"cluster"}
    assert outbox.row_counts() == (0, 0)
    door.target = kafka.ports["right"]
    settled(daemon)
    assert observer.count(topic) == 10 and outbox.row_counts() == (10, 0)
    assert daemon.terminate() == 0


def test_authority_mended_at_the_relay(secured, outbox, settled, observer, kafka, topic, tmp_path):
    trusted, mended = tmp_path / "ca.pem", tmp_path / "ca.pem.new"
    shutil.copyfile(kafka.certificates.other_authority, trusted)
    outbox.fill(topic, 10)
    daemon = secured.run(config={"kafka": {"ssl.ca.location": str(trusted)}})
    daemon.wait_until(lambda: daemon.failures("kafka_unavailable"), 20, "a stranger's certificate")
    assert daemon.warned_of("certificate verify failed"), daemon.text()
    assert outbox.row_counts() == (0, 0)
    shutil.copyfile(kafka.certificates.authority, mended)
    mended.replace(trusted)
    settled(daemon)
    assert {fault_class for fault_class, _ in daemon.failures("kafka_unavailable")} == {"cluster"}
    assert observer.count(topic) == 10 and outbox.row_counts() == (10, 0)
    assert daemon.terminate() == 0


def test_topic_without_the_right_to_write(secured, outbox, settled, observer, kafka, topic):
    allowed = kafka.create_topic(kafka.topic_name())
    kafka.deny(topic)
    outbox.fill(topic, 10)
    outbox.fill(allowed, 5, prefix="b")
    daemon = secured.run("-o", "outbox.topic_retry=1s")
    daemon.wait_until(lambda: daemon.warned_of("TOPIC_AUTHORIZATION_FAILED"), 30, "a refused topic")
    refused = [line for line in daemon.events() if line.get("code") == "TOPIC_AUTHORIZATION_FAILED"]
    assert {line["class"] for line in refused} == {"topic"}
    daemon.wait_until(lambda: outbox.published() >= 5, 20, "the other topic's rows")
    assert outbox.row_counts() == (5, 0) and observer.count(topic) == 0
    kafka.allow(topic)
    settled(daemon)
    assert observer.count(topic) == 10 and outbox.row_counts()[1] == 0
    assert daemon.terminate() == 0


@at_kafka_3
@each_scram
def test_scram(secured, outbox, observer, topic, mechanism):
    outbox.fill(topic, 20)
    secured.drain(config={"kafka": {"sasl.mechanism": mechanism}}).expect(0)
    assert observer.count(topic) == 20 and outbox.row_counts() == (20, 0)


@at_kafka_3
@each_scram
def test_scram_password_mended_at_the_broker(secured, outbox, settled, observer, kafka, topic, mechanism):
    user = f"relay-{mechanism}"  # a new one: never has the right password let it in
    kafka.set_scram_password(user, mechanism, "another")
    outbox.fill(topic, 10)
    daemon = secured.run(config={"kafka": {"sasl.mechanism": mechanism, "sasl.username": user}})
    daemon.wait_until(lambda: daemon.failures("kafka_unavailable"), 20, "a refused login")
    assert daemon.warned_of(f"SASL authentication error: .*invalid credentials .*{mechanism}"), daemon.text()
    assert outbox.row_counts() == (0, 0)
    kafka.set_scram_password(user, mechanism, PASSWORD)
    settled(daemon)
    assert {fault_class for fault_class, _ in daemon.failures("kafka_unavailable")} == {"cluster"}
    assert observer.count(topic) == 10 and outbox.row_counts() == (10, 0)
    assert daemon.terminate() == 0
