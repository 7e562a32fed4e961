# SPDX-License-Identifier: Apache-2.0
"""Certificates as they should be, and as they should not, made by the openssl command."""

import os
import shutil

from support import process

SAN = "DNS:localhost,IP:127.0.0.1"


def absent():
    """What is missing to make certificates, or None."""
    return None if shutil.which("openssl") else "openssl"


def _openssl(*arguments):
    process.run_as(["openssl", *arguments])


class Authority:
    """A certificate authority of its own: `certificate` is what a client trusts it by."""

    def __init__(self, base, name):
        os.makedirs(base, exist_ok=True)
        self.base = base
        self.certificate = os.path.join(base, f"{name}.crt")
        self._key = os.path.join(base, f"{name}.key")
        _openssl("req", "-x509", *self._new_key(self._key), "-out", self.certificate, "-days", "30",
                 "-subj", f"/CN={name}")

    def _new_key(self, path):
        return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path)

    def issue(self, name, san=SAN, days=30):
        """A server's key and certificate for `san`; negative `days`: expired so long ago."""
        key, request, certificate, extensions = (
            os.path.join(self.base, f"{name}.{end}") for end in ("key", "csr", "crt", "ext"))
        with open(extensions, "w", encoding="ascii") as out:
            out.write(f"subjectAltName={san}\n")
        _openssl("req", "-new", *self._new_key(key), "-out", request, "-subj", f"/CN={name}")
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                 "-CAcreateserial", "-out", certificate, "-days", str(days), "-extfile", extensions)
        return key, certificate


class Certificates:
    """Server certificates by what is wrong with them, as (key, certificate); and whom to trust."""

    def __init__(self, base):
        right = Authority(base, "ca")
        other = Authority(base, "other-ca")
        self.authority = right.certificate
        self.other_authority = other.certificate
        self.right = right.issue("right")
        self.expired = right.issue("expired", days=-1)
        self.wrong_name = right.issue("wrong-name", san="DNS:db.example.org")
        self.stranger = other.issue("stranger")
