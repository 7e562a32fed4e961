# SPDX-License-Identifier: Apache-2.0
"""The package as it is, one with an older version, and a root with their dependencies."""

import os
import shutil
import tempfile

import pytest

from support import debian

OLDER = "0.0.9"


@pytest.fixture(scope="session")
def package():
    debian.need_all("dh", "lintian", "debootstrap")
    return debian.build()


@pytest.fixture(scope="session")
def older():
    debian.need_all("dh", "lintian")
    return debian.build(OLDER)


@pytest.fixture(scope="session")
def base_root(package):
    return debian.base_root(package)


@pytest.fixture(scope="module")
def folder():
    """For the copies of a root; every user may enter, as a root's own users must."""
    path = tempfile.mkdtemp(prefix="outrider-debian-")
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)
