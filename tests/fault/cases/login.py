# SPDX-License-Identifier: Apache-2.0
"""TLS and login: the relay checks everything, and the server shows something else for a while."""

import uuid

from fault.case import NotPossible, case
from support import tls
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
            stage.wait(stage.lasting(0.7, 5))
            stage.check(said in stage.log()[before:], f"{what}: the log says {said!r}")
            server.present(server.certificates.right)
            server.set_password(PASSWORD)
    stage.heal()
    stage.flow(60)
    stage.check(PASSWORD not in stage.log(), "the password is in no line")
