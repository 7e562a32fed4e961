# SPDX-License-Identifier: Apache-2.0
"""The package's life in a root where nothing runs: installed, upgraded, removed, purged, and what each
leaves behind."""

import os
import stat

import pytest

from support import debian

ENABLED = "/etc/systemd/system/multi-user.target.wants/outrider.service"
SETTINGS = "/etc/outrider/outrider.yaml"


@pytest.fixture(scope="module")
def root(base_root, folder):
    return debian.Root(base_root, os.path.join(folder, "root"))


@pytest.fixture(scope="module")
def before(root):
    return root.files()


def version(root):
    return root.run("outrider", "version").split()[1]


def test_it_is_installed(root, before, older):
    root.run("dpkg", "-i", root.take(older))
    assert version(root) == "0.0.9"
    assert os.path.islink(root.file(ENABLED))
    user = root.run("getent", "passwd", "outrider").strip().split(":")
    assert user[6] == "/usr/sbin/nologin"
    folder = os.stat(root.file("/etc/outrider"))
    assert (stat.S_IMODE(folder.st_mode), folder.st_uid, folder.st_gid) == (0o750, 0, int(user[3]))
    assert os.listdir(root.file("/etc/outrider")) == []  # nothing to start with
    root.run("outrider", "-c", "/usr/share/doc/outrider/examples/outrider.yaml", "config", "print")


def test_an_upgrade_keeps_what_the_administrator_did(root, package):
    root.write(SETTINGS, "stop_timeout: 5s\n")
    root.run("systemctl", "disable", "outrider")
    os.chmod(root.file("/etc/outrider"), 0o700)
    root.run("dpkg", "-i", root.take(package))
    assert version(root) != "0.0.9"
    assert not os.path.lexists(root.file(ENABLED))
    assert stat.S_IMODE(os.stat(root.file("/etc/outrider")).st_mode) == 0o700
    assert "stop_timeout: 5s" in root.run("outrider", "config", "print")


def test_removed_it_leaves_the_settings_only(root, before):
    root.run("dpkg", "-r", "outrider")
    left = {line.split()[0] for line in root.files() - before}
    # What was enabled and what was not is for the next installation, as with every package.
    assert {name for name in left if "outrider" in name and not name.startswith("var/lib/systemd/")} == \
        {"etc/outrider", "etc/outrider/outrider.yaml"}


def test_purged_it_leaves_its_user_only(root, before):
    root.run("dpkg", "-P", "outrider")
    left = {line.split()[0] for line in root.files() - before}
    # systemd-sysusers keeps a copy of each file that it changed.
    users = {f"etc/{name}{end}" for name in ("passwd", "group", "shadow", "gshadow") for end in ("", "-")}
    assert left <= users | {"etc/.pwd.lock"}
    assert before - root.files() == set()
    root.run("getent", "passwd", "outrider")
