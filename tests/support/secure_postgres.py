# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL that asks for TLS and a password. The tests' own role, postgres, needs neither."""

import os
import shutil

from support import process
from support.postgres import Postgres

RULES = """
local   all postgres              trust
host    all postgres 127.0.0.1/32 trust
host    all all      127.0.0.1/32 scram-sha-256
"""


class SecurePostgres(Postgres):
    """The role `relay` is let in over TCP with `password`; TLS is on from the start."""

    def __init__(self, base, certificates, password):
        super().__init__(base)
        self.certificates = certificates
        self._password = password

    def start(self):
        super().start()
        with open(os.path.join(self.data, "pg_hba.conf"), "w", encoding="ascii") as out:
            out.write(RULES)
        self.set_password(self._password)
        self.present(self.certificates.right)
        return self

    def set_password(self, password):
        """The role's password from now on; the role is made when it is not there yet."""
        with self.connect("postgres") as admin:
            admin.execute("SET password_encryption = 'scram-sha-256'")
            there = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'relay'").fetchone()
            admin.execute(f"{'ALTER' if there else 'CREATE'} ROLE relay LOGIN SUPERUSER "
                          f"PASSWORD '{password}'")

    def present(self, certificate):
        """Shows this (key, certificate) to whoever connects from now on; None: no TLS."""
        for source, name in zip(certificate or (), ("server.key", "server.crt")):
            path = os.path.join(self.data, name)
            shutil.copyfile(source, path + ".new")
            os.chmod(path + ".new", 0o600)
            if self.user:
                shutil.chown(path + ".new", self.user)
            os.replace(path + ".new", path)
        with self.connect("postgres") as admin:
            admin.execute(f"ALTER SYSTEM SET ssl = {'on' if certificate else 'off'}")
            loaded = admin.execute("SELECT pg_conf_load_time()").fetchone()
            admin.execute("SELECT pg_reload_conf()")
            process.wait_until(
                lambda: admin.execute("SELECT pg_conf_load_time()").fetchone() != loaded, 10,
                "the configuration was read again")

    def secure_dsn(self, database, password, authority, host="localhost"):
        """A conninfo URI of the role `relay` that checks everything."""
        return (f"postgresql://relay:{password}@{host}:{self.port}/{database}"
                f"?sslmode=verify-full&sslrootcert={authority}")
