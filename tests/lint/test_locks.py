# SPDX-License-Identifier: Apache-2.0
"""What is fetched is held by hashes: Python packages by their lock, jars by the list beside their pom."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("tests", "examples", "scripts", "demo")
REQUIREMENTS = sorted(path for folder in FOLDERS for path in (TOP / folder).rglob("requirements.txt"))
POMS = sorted((TOP / "tests").rglob("pom.xml"))
WANTED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==(\S+)$", re.M)
LOCKED = re.compile(r"^([a-z0-9-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_there_are_some():
    assert len(REQUIREMENTS) >= 4 and len(POMS) >= 2


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: str(path.relative_to(TOP)))
def test_python_packages(path):
    """Every line of the lock is a package with hashes, and the list by hand is among them."""
    lock = path.with_suffix(".lock").read_text(encoding="utf-8")
    assert LOCKED.sub("", lock).strip() == "", "a line that is no package with its hashes"
    locked = {(name, version) for name, version, _ in LOCKED.findall(lock)}
    wanted = {(normal(name), version) for name, version in WANTED.findall(path.read_text(encoding="utf-8"))}
    assert wanted and wanted <= locked, f"{wanted - locked}: run scripts/lock"


def test_only_locks_are_installed():
    for path in [TOP / "scripts/deps", TOP / "scripts/lock", TOP / "examples/Dockerfile", TOP / "examples/README.md"]:
        for line in re.sub(r"\\\n", " ", path.read_text(encoding="utf-8")).splitlines():
            if "pip install" in line:
                assert "--require-hashes" in line and "requirements.txt" not in line, f"{path.name}: {line}"


@pytest.mark.parametrize("code, expected", [(0, "new==1\n"), (1, "old==1\n")])
def test_a_lock_that_could_not_be_made_leaves_the_old_one(tmp_path, code, expected):
    """The programs of the venv are played: pip-compile writes, and ends with this code."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "a").mkdir()
    shutil.copy(TOP / "scripts/lock", tmp_path / "scripts")
    (tmp_path / "a/requirements.txt").write_text("new==1\n")
    (tmp_path / "a/requirements.lock").write_text("old==1\n")
    python = tmp_path / "bin/python3"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\n[ \"$1\" = -m ] && mkdir -p \"$3/bin\" && cd \"$3/bin\"\n"
                      "printf '#!/bin/sh\\n' > python\n"
                      "printf '#!/bin/sh\\nwhile [ \"$1\" != -o ]; do shift; done\\n' > pip-compile\n"
                      f"printf '{{ echo \"# by hand\"; echo; cat \"$3\"; }} > \"$2\"\\nexit {code}\\n' >> pip-compile\n"
                      "chmod +x python pip-compile\n")
    python.chmod(0o755)
    for words in (["init", "-q"], ["add", "a"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "scripts/lock"], check=False, capture_output=True, text=True,
                          env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})
    assert done.returncode == code, done.stderr
    assert (tmp_path / "a/requirements.lock").read_text() == expected
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"requirements.txt", "requirements.lock"}


@pytest.mark.parametrize("path", POMS, ids=lambda path: str(path.relative_to(TOP)))
def test_jars(path):
    """One list for the pom itself and one for each of its profiles."""
    profiles = re.findall(r"<profile>\s*<id>kafka-(\S+)</id>", path.read_text(encoding="utf-8"))
    for name in ["SHA256SUMS"] + [f"SHA256SUMS-{profile}" for profile in profiles]:
        lines = (path.parent / name).read_text(encoding="utf-8").splitlines()
        assert len(lines) > 20 and all(re.fullmatch(r"[0-9a-f]{64}  \S+\.jar", line) for line in lines)


@pytest.mark.parametrize("served, code", [(b"as it was", 0), (b"something else", 1)])
def test_a_jar_that_was_changed_is_not_used(tmp_path, served, code):
    """Maven is played by a program that serves these bytes."""
    (tmp_path / "jar").write_bytes(served)
    (tmp_path / "SUMS").write_text(f"{hashlib.sha256(b'as it was').hexdigest()}  a.jar\n")
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\nfor word; do case $word in -DoutputDirectory=*) to=${word#*=}; esac; done\n"
                     f"mkdir -p $to && cp {tmp_path}/jar $to/a.jar\n")
    maven.chmod(0o755)
    done = subprocess.run([TOP / "scripts/jars", "a test", "pom", tmp_path / "SUMS", tmp_path / "to"], check=False,
                          env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert (tmp_path / "to/libs/a.jar").exists() == (code == 0)
    assert (tmp_path / "to/refused/a.jar").exists() == (code == 1)
