# SPDX-License-Identifier: Apache-2.0
"""What outrider prints, word for word: configurations, every error with its place, helps.

A folder in cases/ is a case. `args` are the command's words, `env` its whole environment (a NAME=value
a line, may be absent); it runs in the folder, so what lies there has a short name. `stdout`, `stderr` and
`exit` are what came out (absent: nothing, and 0). `UPDATE=1 make golden` writes them anew: read the difference.
"""

import os
import re
import shlex
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")
OUTRIDER = os.environ.get("OUTRIDER", os.path.join(HERE, "..", "..", "build", "outrider"))
UPDATE = os.environ.get("UPDATE") == "1"

# What differs from one run or one machine to the next.
VARYING = [(re.compile(r"time=\S+"), "time=TIME"),
           (re.compile(r"librdkafka \d[\w.-]*"), "librdkafka VERSION")]


def read(*path):
    try:
        with open(os.path.join(CASES, *path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def environment(case):
    given = dict(line.split("=", 1) for line in read(case, "env").splitlines())
    # Sanitizers' options are the runner's.
    kept = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}
    return {"PATH": os.environ["PATH"], **kept, **given}


def run(args, env, cwd):
    done = subprocess.run([OUTRIDER, *args], env=env, cwd=cwd, capture_output=True, timeout=30,
                          check=False)
    outputs = []
    for text in (done.stdout.decode(), done.stderr.decode()):
        for pattern, word in VARYING:
            text = pattern.sub(word, text)
        outputs.append(text)
    return outputs[0], outputs[1], f"{done.returncode}\n"


def update(case, actual):
    for name, text in actual.items():
        path = os.path.join(CASES, case, name)
        if text and not (name == "exit" and text == "0\n"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        elif os.path.exists(path):
            os.unlink(path)


@pytest.mark.parametrize("case", sorted(os.listdir(CASES)))
def test_prints(case):
    args = shlex.split(read(case, "args"))
    actual = dict(zip(("stdout", "stderr", "exit"),
                      run(args, environment(case), os.path.join(CASES, case))))
    if UPDATE:
        update(case, actual)
    assert actual == {"stdout": read(case, "stdout"), "stderr": read(case, "stderr"),
                      "exit": read(case, "exit") or "0\n"}
    assert "hunter2" not in actual["stdout"] + actual["stderr"], "every secret of the cases"


def values(printed):
    """The lines without their origins, which are the last comment of each."""
    return [line.rsplit("  # ", 1)[0].rstrip() for line in printed.splitlines()]


PRINTED = [case for case in sorted(os.listdir(CASES))
           if read(case, "args").startswith("config print") and read(case, "stdout").startswith("database:")]


@pytest.mark.parametrize("case", PRINTED)
def test_reads_back(case, tmp_path):
    """What was printed is a configuration with the same values, without the options and variables that made it."""
    (tmp_path / "again.yaml").write_text(read(case, "stdout"), encoding="utf-8")
    env = {name: value for name, value in environment(case).items()
           if not name.startswith("OUTRIDER_")}
    stdout, stderr, code = run(["config", "print", "-c", "again.yaml"], env, tmp_path)
    assert code == "0\n", stderr
    assert values(stdout) == values(read(case, "stdout"))


def test_enough_is_read_back():
    assert len(PRINTED) >= 8


def test_example_is_the_defaults():
    """config/outrider.yaml says nothing but what holds without it."""
    example = os.path.join(HERE, "..", "..", "config", "outrider.yaml")
    env = {"PATH": os.environ["PATH"]}
    printed, stderr, code = run(["config", "print", "-c", example], env, HERE)
    assert code == "0\n", stderr
    defaults = run(["config", "print", "-c", "/dev/null"], env, HERE)[0]
    assert values(printed) == values(defaults)
