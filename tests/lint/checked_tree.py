# SPDX-License-Identifier: Apache-2.0
"""A small tree of files, and what a check of scripts/ finds in it."""

import functools
import pathlib
import subprocess
import sys

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


def _findings(check, tree, tmp_path):
    for name, content in tree.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    done = subprocess.run([sys.executable, SCRIPTS / check, tmp_path], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == (1 if done.stdout else 0)
    return done.stdout.splitlines()


def findings_of(check):
    """A function of a tree (names and contents) and the empty directory to write it to: the check's lines."""
    return functools.partial(_findings, check)
