# SPDX-License-Identifier: Apache-2.0
"""Shells complete commands, options, keys and files; each is asked as a person asks it, by Tab."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from support import need
from support.kafka_broker import TOP

FOLDER = os.path.join(TOP, "completions")
SAYS = "; outrider() { printf '{%s}' \"$@\"; echo; }"
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SETUP = {
    "bash": "bind 'set enable-bracketed-paste off'; PS1='re''ady>'; . {file}",
    "zsh": "PROMPT='re''ady>'; unsetopt zle_bracketed_paste; autoload -U compinit; fpath=({folder} $fpath); compinit -u -D",
}


class Terminal:
    """An interactive shell on a terminal of its own, in which outrider prints its arguments."""

    def __init__(self, shell, folder):
        if shutil.which(shell) is None:
            need.missing(shell)
        shutil.copy(os.path.join(FOLDER, f"outrider.{shell}"), folder / "_outrider")
        self.read = ""
        self.master, slave = pty.openpty()
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
        self.shell = subprocess.Popen(SHELLS[shell], stdin=slave, stdout=slave, stderr=slave, cwd=folder, env=env,
                                      start_new_session=True)
        os.close(slave)
        self.send(SETUP[shell].format(file=folder / "_outrider", folder=folder) + SAYS + "\r")
        self.until("ready>")

    def send(self, keys):
        os.write(self.master, keys.encode())

    def until(self, pattern):
        """What was printed up to a match of the pattern, and it."""
        end = time.monotonic() + 20
        while True:
            match = re.search(pattern, self.read)
            if match:
                self.read = self.read[match.end():]
                return match
            left = end - time.monotonic()
            assert left > 0, f"{pattern!r} was not printed: {self.read!r}"
            if select.select([self.master], [], [], left)[0]:
                self.read += os.read(self.master, 65536).decode()

    def completed(self, keys):
        """The arguments that the line had when Enter was pressed."""
        self.send(f"outrider {keys}\r")
        words = re.findall(r"{(.*?)}", self.until(r"\n((?:{.*?})+)\r")[1])
        self.until("ready>")
        return words

    def close(self):
        os.close(self.master)
        self.shell.kill()
        self.shell.wait()


@pytest.fixture(params=SHELLS)
def terminal(request, tmp_path):
    (tmp_path / "settings.yaml").touch()
    one = Terminal(request.param, tmp_path)
    yield one
    one.close()


def test_tab_completes(terminal):
    assert terminal.completed("dr\t") == ["drain"]
    assert terminal.completed("sch\tap\t--sl\t2") == ["schema", "apply", "--slots", "2"]
    assert terminal.completed("-c sett\tdead ret\t--al\t") == ["-c", "settings.yaml", "dead", "retry", "--all"]
    assert terminal.completed("-o outbox.la\t4 run") == ["-o", "outbox.lanes=4", "run"]
    assert terminal.completed("completion f\t") == ["completion", "fish"]
    assert terminal.completed("help schema rev\t") == ["help", "schema", "revert"]


def test_a_value_is_no_command(terminal):
    # "drain" is the topic's name here, so "ret" is completed as a command of `dead`.
    assert terminal.completed("dead list --topic drain --lim\t5") == \
        ["dead", "list", "--topic", "drain", "--limit", "5"]
    assert terminal.completed("-o log.level=debug sta\t") == ["-o", "log.level=debug", "status"]


@pytest.mark.parametrize("typed, offered", [
    ("", ["completion", "config", "dead", "drain", "help", "run", "schema", "status", "version"]),
    ("schema ", ["apply", "print", "revert", "status"]),
    ("help config ", ["keys", "print"]),
    ("status --m", ["--max-age"]),
    ("dead list --topic drain --al", ["--all"]),
    ("completion ", ["bash", "fish", "zsh"]),
    ("-o log.", ["log.format=", "log.level="]),
])
def test_fish_offers(tmp_path, typed, offered):
    if shutil.which("fish") is None:
        need.missing("fish")
    ask = f"source {FOLDER}/outrider.fish; complete -C 'outrider {typed}'"
    answer = subprocess.run(["fish", "--no-config", "-c", ask], capture_output=True, text=True, timeout=20, cwd=tmp_path,
                            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"})
    assert answer.stderr == ""
    assert set(offered) <= {line.split("\t")[0] for line in answer.stdout.splitlines()}
    if not typed.endswith((" ", ".")) and typed:
        assert [line.split("\t")[0] for line in answer.stdout.splitlines()] == offered
