# SPDX-License-Identifier: Apache-2.0
"""An Apache Kafka that asks for TLS, a password and rights. It listens once for each certificate of
`tls.Certificates`, once knowing another password, and once without anything for the tests' own
clients, who may do all."""

import os
import shutil

from kafka.admin import (ACL, ACLOperation, ACLPermissionType, ResourcePattern, ResourceType,
                         ScramMechanism, UserScramCredentialUpsertion)

from support import process
from support.kafka_broker import JARS, PARTITIONS, Kafka

CONFIG = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
num.partitions={partitions}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=1
log.index.size.max.bytes=1048576
controlled.shutdown.enable=false
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
"""
LISTENER = """
listener.name.{name}.ssl.keystore.type=PEM
listener.name.{name}.ssl.keystore.location={keystore}
listener.name.{name}.scram-sha-256.sasl.jaas.config={scram} required;
listener.name.{name}.scram-sha-512.sasl.jaas.config={scram} required;
listener.name.{name}.plain.sasl.jaas.config={plain} required user_{user}="{password}";
"""
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM_MECHANISMS = {"SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256,
                    "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512}
LISTENERS = ("right", "expired", "wrong_name", "stranger", "other_password")


class SecureKafka(Kafka):
    """`ports` are those with TLS and login, by what they have. `user` may log in by `password`."""

    def __init__(self, base, certificates, user, password, jars=JARS):
        super().__init__(base, jars=jars)
        self.certificates = certificates
        self.user, self._password = user, password
        self.ports = {}

    def start(self):
        for _ in range(3):
            self.port = process.free_port()
            self.ports = {name: process.free_port() for name in LISTENERS}
            self._write(process.free_port())
            shutil.rmtree(self.data, ignore_errors=True)
            process.run_as(self._java("kafka.tools.StorageTool", "format", "-t",
                                      "4L6g3nShT-eMCtK--X86sw", "-c", self.config))
            if self.resume():
                for mechanism in SCRAM_MECHANISMS:
                    self.set_scram_password(self.user, mechanism, self._password)
                return self
        raise RuntimeError("Kafka did not start:\n" + self._tail())

    def _write(self, controller):
        secure = [f"{name}://localhost:{port}" for name, port in self.ports.items()]
        open_door = f"PLAINTEXT://127.0.0.1:{self.port}"
        protocols = [f"{name}:SASL_SSL" for name in LISTENERS] + ["PLAINTEXT:PLAINTEXT",
                                                                 "CONTROLLER:PLAINTEXT"]
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(controller=controller, data=self.data, partitions=PARTITIONS))
            out.write(f"listeners={','.join([open_door, f'CONTROLLER://127.0.0.1:{controller}'] + secure)}\n"
                      f"advertised.listeners={','.join([open_door] + secure)}\n"
                      f"listener.security.protocol.map={','.join(protocols)}\n")
            for name in LISTENERS:
                password = "another" if name == "other_password" else self._password
                out.write(LISTENER.format(name=name, keystore=self._keystore(name), scram=SCRAM,
                                          plain=PLAIN, user=self.user, password=password))

    def _keystore(self, name):
        """Key and certificate in one file, as Kafka wants them."""
        path = os.path.join(self.base, f"{name}.pem")
        with open(path, "w", encoding="ascii") as out:
            for part in getattr(self.certificates, name, self.certificates.right):
                with open(part, encoding="ascii") as text:
                    out.write(text.read())
        return path

    def set_scram_password(self, user, mechanism, password):
        """By which the user, who may be a new one, logs in with that one of SCRAM_MECHANISMS; the
        broker knows of it a moment later."""
        answer = self.admin.alter_user_scram_credentials(
            [UserScramCredentialUpsertion(user, SCRAM_MECHANISMS[mechanism], password)])
        assert answer == {user: None}, answer

    def _denial(self, topic):
        return ACL(f"User:{self.user}", "*", ACLOperation.WRITE, ACLPermissionType.DENY,
                   ResourcePattern(ResourceType.TOPIC, topic))

    def _denied(self, topic):
        """Whether the broker knows of it; the controller answers before that."""
        return bool(self.admin.describe_acls(self._denial(topic))[0])

    def deny(self, topic):
        """The user may not write to the topic."""
        self.admin.create_acls([self._denial(topic)])
        process.wait_until(lambda: self._denied(topic), 10, f"{topic} denied")

    def allow(self, topic):
        """Takes deny() back."""
        self.admin.delete_acls([self._denial(topic)])
        process.wait_until(lambda: not self._denied(topic), 10, f"{topic} allowed")
