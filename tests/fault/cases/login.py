# SPDX-License-Identifier: Apache-2.0
"""TLS and login: the relay checks everything, and the server shows something else for a while."""

import uuid

from fault.case import NotPossible, case
from support import tls
from support.proxy import Proxy
from support.secure_kafka import SecureKafka
from support.secure_postgres import SecurePostgres

ROW = ("TLS and login: sslmode=verify-full, SASL_SSL with SCRAM; wrong CA, expired, wrong host name, "
       "wrong password (all cluster class, no secret in any line)")
PASSWORD = "Geheim" + uuid.uuid4().hex


def secure(servers):
    if tls.absent():
        raise NotPossible(f"{tls.absent()} is absent")
    made = tls.Certificates(servers.directory("certificates"))
    server = servers.keep(SecurePostgres(servers.directory("secure"), made, PASSWORD)).start()
    server.relay_dsn = lambda database: server.secure_dsn(database, PASSWORD, made.authority)
    return server


# What is wrong, how the server comes to it, what the log must say.
WRONG = (
    ("the CA", lambda server: server.present(server.certificates.stranger), "verify failed"),
    ("the date", lambda server: server.present(server.certificates.expired), "verify failed"),
    ("the name", lambda server: server.present(server.certificates.wrong_name), "does not match host"),
    ("no TLS", lambda server: server.present(None), "does not support SSL"),
    ("the password", lambda server: server.set_password("another"), "password authentication failed"),
)


@case(ROW, "cluster", times=(1, 3), own_postgres=secure)
def postgres_login_goes_wrong(stage):
    """Over verify-full and SCRAM: wrong CA, expired, wrong name, no TLS, wrong password, each mended"""
    server = stage.postgres
    for _ in range(stage.case.times[stage.long]):
        for what, break_it, said in WRONG:
            stage.flow(40)
            stage.faults += 1
            before = len(stage.log())
            break_it(server)
            stage.cut_backends()
            stage.says(said, before, what)
            server.present(server.certificates.right)
            server.set_password(PASSWORD)
    stage.heal()
    stage.flow(60)
    stage.check(PASSWORD not in stage.log(), "the password is in no line")


def secure_broker(servers):
    """The relay knocks at a door that leads to one of the broker's listeners."""
    if tls.absent():
        raise NotPossible(f"{tls.absent()} is absent")
    made = tls.Certificates(servers.directory("certificates"))
    broker = servers.keep(SecureKafka(servers.directory("secure"), made, "relay", PASSWORD)).start()
    broker.door = servers.keep(Proxy(broker.ports["right"]))
    broker.relay_settings = {"kafka": {
        "bootstrap.servers": f"localhost:{broker.door.port}", "security.protocol": "SASL_SSL",
        "ssl.ca.location": made.authority, "sasl.mechanism": "PLAIN", "sasl.username": "relay",
        "sasl.password": PASSWORD}}
    return broker


# What is wrong, the listener behind the door, what the log must say.
WRONG_DOORS = (
    ("the CA", "stranger", "verify failed"), ("the date", "expired", "verify failed"),
    ("the name", "wrong_name", "verify failed"), ("the password", "other_password", "SASL"),
)


@case(ROW, "cluster", times=(1, 3), own_kafka=secure_broker)
def kafka_login_goes_wrong(stage):
    """Over SASL_SSL: wrong CA, expired, wrong name, wrong password, each met at a start and mended"""
    door = stage.kafka.door
    stage.notes.append("SCRAM is not possible here with librdkafka before 2.6.1, whose nonce Kafka 4 "
                       "refuses: PLAIN over TLS instead")
    for _ in range(stage.case.times[stage.long]):
        # A relay asks for some seconds before it says what is wrong: in the short form of two.
        for what, listener, said in stage.chance.sample(WRONG_DOORS, 4 if stage.long else 2):
            stage.flow(40)
            stage.faults += 1
            before = len(stage.log())
            stage.kill_relay()
            door.upstream = stage.kafka.ports[listener]
            stage.revive()
            stage.says(said, before, what)
            door.upstream = stage.kafka.ports["right"]
    stage.heal()
    stage.flow(60)
    stage.check(PASSWORD not in stage.log(), "the password is in no line")
