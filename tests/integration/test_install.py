# SPDX-License-Identifier: Apache-2.0
"""`make install` puts everything below DESTDIR and PREFIX, with PREFIX where a file names the program, and
`make uninstall` takes all of it away and nothing else."""

import os
import re
import subprocess

from support.kafka_broker import TOP

PREFIX = "/opt/outrider"


def make(target, destination):
    done = subprocess.run(["make", "-s", target, f"DESTDIR={destination}", f"PREFIX={PREFIX}"], cwd=TOP,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    assert done.returncode == 0, done.stdout


def files(folder):
    return {os.path.relpath(os.path.join(path, name), folder) for path, _, names in os.walk(folder) for name in names}


def test_installed_and_uninstalled(tmp_path):
    other = tmp_path / "opt/outrider/bin/other"
    other.parent.mkdir(parents=True)
    other.touch()
    make("install", tmp_path)
    installed = files(tmp_path / "opt/outrider")
    assert files(tmp_path) == {os.path.join("opt/outrider", name) for name in installed}
    assert {"bin/outrider", "lib/systemd/system/outrider.service", "lib/systemd/system/outrider@.service",
            "share/man/man1/outrider.1", "share/man/man5/outrider.yaml.5",
            "share/bash-completion/completions/outrider", "share/doc/outrider/examples/outrider.yaml"} <= installed
    for unit in ("outrider.service", "outrider@.service"):
        text = (tmp_path / "opt/outrider/lib/systemd/system" / unit).read_text()
        assert re.search(r"^ExecStart=(\S+) run", text, re.M)[1] == f"{PREFIX}/bin/outrider"
    program = tmp_path / "opt/outrider/bin/outrider"
    assert subprocess.run([program, "version"], stdout=subprocess.DEVNULL, timeout=60).returncode == 0
    make("uninstall", tmp_path)
    assert files(tmp_path) == {"opt/outrider/bin/other"}
