# SPDX-License-Identifier: Apache-2.0
"""status --watch: a view on a terminal, a line or an object a look elsewhere; a signal ends it with 0."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios

import pytest

from support import process
from support.outrider import BINARY, environment
from support.process import wait_until

ROWS, COLUMNS = 12, 60


class Watch:
    """`status --watch` in the background; `text` is what it has printed so far."""

    def __init__(self, outrider, *arguments, terminal=False, config=None):
        self.master, slave = pty.openpty() if terminal else os.pipe()
        self.before = termios.tcgetattr(slave) if terminal else None
        if terminal:
            fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.child = process.spawn(
            [BINARY, "status", "--watch", "--interval", "100ms", "-c", outrider.write(config), *arguments],
            stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.PIPE,
            env=environment({"TERM": "xterm", "LC_ALL": "C.UTF-8"}))
        self.slave = slave if terminal else os.close(slave)
        os.set_blocking(self.master, False)
        self.text = ""

    def read(self):
        try:
            while chunk := os.read(self.master, 65536):
                self.text += chunk.decode()
        except (BlockingIOError, OSError):
            pass
        return self.text

    def wait_for(self, pattern):
        return wait_until(lambda: re.search(pattern, self.read(), re.MULTILINE), 20,
                          lambda: f"{pattern} in {self.text[-2000:]!r}")

    def end(self, number=signal.SIGINT):
        """Its exit code and what it complained of."""
        self.child.send_signal(number)
        complaint = self.child.communicate(timeout=5)[1].decode()
        self.read()
        return self.child.returncode, complaint

    def close(self):
        process.stop(self.child)
        self.child.stderr.close()
        os.close(self.master)
        if self.slave is not None:
            os.close(self.slave)


@pytest.fixture
def watch(outrider):
    started = []

    def start(*arguments, **options):
        started.append(Watch(outrider, *arguments, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


def screen(text):
    """What a terminal shows after all this, by the few sequences that are used."""
    lines, row = [""], 0
    for token in re.findall(r"\x1b\[\d*[A-Z]|\r|\n|[^\x1b\r\n]+", text):
        if match := re.fullmatch(r"\x1b\[(\d+)A", token):
            row -= int(match[1])
            assert row >= 0
        elif token == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif token == "\x1b[J":
            lines = lines[:row] + [""]
        elif token not in ("\r", "\x1b[K"):
            lines[row] = token
    return lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_on_a_terminal(watch, outbox, number):
    """The same lines again, also when there are fewer of them; the terminal is as it was."""
    outbox.fill("orders", 30)
    outbox.fill("payments", 20)
    view = watch(terminal=True)
    view.wait_for(r"^all +50 ")
    outbox.run("UPDATE {table} SET {published} = true WHERE {event_type} = 'orders'")
    view.wait_for(r"^all +20 ")
    view.wait_for(r"falling [\d.,]+/s, empty in ")
    assert view.end(number) == (0, "")
    shown = screen(view.text)
    assert [line.split()[0] for line in shown if line][1:4] == ["topic", "payments", "all"]
    assert "orders" not in "".join(shown) and len(shown) <= ROWS
    assert max(map(len, shown)) <= COLUMNS and "?" not in re.findall(r"\x1b\[(.)", view.text)
    assert termios.tcgetattr(view.slave) == view.before


def test_elsewhere_a_line_a_look(watch, outbox):
    outbox.fill("orders", 30)
    view = watch()
    view.wait_for(r"^20\d\d-.*Z  30 messages, 0 dead, oldest .*, in -, out -$")
    outbox.fill("orders", 1000)
    view.wait_for(r"  1,030 messages, .*, rising [\d,]+/s$")
    outbox.run("SELECT pg_stat_force_next_flush()")
    view.wait_for(r", in [1-9][\d.,]*/s, ")
    assert view.end() == (0, "") and "\x1b" not in view.text


@pytest.mark.parametrize("terminal", [False, True])
def test_an_object_a_look(watch, outbox, terminal):
    outbox.fill("orders", 3)
    view = watch("--json", terminal=terminal)
    wait_until(lambda: view.read().count("\n") >= 3, 20, "three looks")
    assert view.end() == (0, "")
    looks = [json.loads(line) for line in view.text.splitlines()]
    assert [look["messages"] for look in looks] == [3] * len(looks)
    assert looks[0]["change_per_second"] is None and looks[-1]["change_per_second"] == 0


def test_a_server_that_goes_is_waited_for(watch, outbox, db):
    view = watch(terminal=True)
    view.wait_for(r"^all +0 ")
    db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
               " WHERE datname = current_database() AND application_name = 'outrider'")
    view.wait_for("no answer, asking again: ")
    outbox.fill("orders", 7)
    view.wait_for(r"^all +7 ")
    assert view.end() == (0, "")


def test_it_leaves_in_the_middle_of_a_look(watch, outbox, connect):
    holder = connect(autocommit=False)
    view = watch(config={"database": {"lock_timeout": "15s"}})
    view.wait_for("0 messages")
    holder.execute(outbox.statement("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
    wait_until(lambda: connect().execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()[0] > 0,
               10, "a look that waits")
    assert view.end() == (0, "")


def test_nobody_reads_any_more(watch, outbox):
    view = watch()
    view.wait_for("0 messages")
    os.close(view.master)
    view.master = os.open(os.devnull, os.O_RDONLY)
    assert view.child.wait(10) == -signal.SIGPIPE


@pytest.mark.usefixtures("outbox")
@pytest.mark.parametrize("arguments, complaint", [
    (["--watch", "--max-age", "60s"], "--max-age"),
    (["--interval", "1s"], "--interval is --watch's"),
    (["--watch", "--interval", "10ms"], "at least 100ms"),
    (["--watch", "--interval", "often"], "no duration"),
])
def test_wrong_usage_is_64(outrider, arguments, complaint):
    assert complaint in outrider.command("status", *arguments).expect(64).stderr


def test_a_server_that_was_never_there_is_69(outrider, away):
    config = {"database": {"dsn": f"postgresql://postgres@{away}/nowhere"}}
    outrider.command("status", "--watch", config=config).expect(69)
