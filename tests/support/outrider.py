# SPDX-License-Identifier: Apache-2.0
"""The relay as a user runs it: a configuration file, a process, its log, its exit code."""

import json
import os
import re
import signal
import subprocess

from support import process
from support.kafka_broker import TOP

BINARY = os.path.abspath(os.environ.get("OUTRIDER") or os.path.join(TOP, "build", "outrider"))
WINDOW_BATCHES = 32  # the most, as in include/outrider/relay/settings.h
PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
# What a service manager tells its own child.
FOR_OTHERS = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM"}
WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


def is_sanitized():
    """Was it built with a sanitizer?"""
    with open(BINARY, "rb") as file:
        return re.search(rb"__[at]san_init", file.read()) is not None


def merge(base, changes):
    """A nested dict with `changes` laid over it; None as a whole section's value removes it."""
    result = dict(base)
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merge(result[key], value)
        else:
            result[key] = value
    return result


def to_yaml(value, indent=""):
    """Block YAML of a nested dict, as a person would write it."""
    lines = []
    for key, item in value.items():
        if isinstance(item, dict) and item:
            lines.append(f"{indent}{key}:\n{to_yaml(item, indent + '  ')}")
        elif isinstance(item, (list, tuple)):
            lines.append(f"{indent}{key}: [{', '.join(_scalar(one) for one in item)}]\n")
        else:
            lines.append(f"{indent}{key}: {_scalar(item)}\n")
    return "".join(lines)


def _scalar(value):
    if value is None:
        return "null"
    if value == {}:
        return "{}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)


def environment(extra=None):
    """This process's environment without what would configure outrider or libpq, plus `extra`."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("OUTRIDER", "PG")) and name not in FOR_OTHERS}
    # Only root may trace a process that forbids core dumps, as tests that freeze a thread do.
    own = {} if os.geteuid() == 0 else {"OUTRIDER_ALLOW_CORE": "1"}
    return kept | own | (extra or {})


class Result:
    """A command that has ended."""

    def __init__(self, argv, code, stdout, stderr, seconds):
        self.argv, self.code, self.seconds = argv, code, seconds
        self.stdout, self.stderr = stdout, stderr

    @property
    def output(self):
        return self.stdout + self.stderr

    def expect(self, code):
        """Fails unless the command exited with `code`; returns itself."""
        assert self.code == code, (
            f"{' '.join(self.argv[1:])}: exit {self.code}, expected {code}\n{self.output[-4000:]}"
        )
        return self


class Daemon:
    """`outrider run` in the background; its stderr is the file `log`."""

    def __init__(self, child, log, path):
        self.child = child
        self.log = log
        self.path = path  # of its configuration

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def text(self):
        """All it has said."""
        with open(self.log, "rb") as log:
            return log.read().decode(errors="replace")

    def events(self):
        """Its log lines as dicts (log.format json); a line that is none is left out."""
        found = []
        for line in self.text().splitlines():
            if line.startswith("{"):
                found.append(json.loads(line))
        return found

    def failures(self, event):
        """(class, error text) of each line of that event."""
        return [(line.get("class"), line.get("error")) for line in self.events()
                if line.get("event") == event]

    def warned_of(self, pattern):
        """Whether a warning or an error matches the regular expression, case aside."""
        return any(event.get("level") in ("warn", "error")
                   and re.search(pattern, json.dumps(event), re.IGNORECASE)
                   for event in self.events())

    def wait_for_log(self, pattern, timeout=10):
        """Waits until a line matches the regular expression."""
        self.wait_until(lambda: re.search(pattern, self.text()), timeout, f"log line {pattern!r}")

    def wait_until(self, condition, timeout, what):
        """process.wait_until that also fails at once, with the log, when the relay has ended."""

        def alive_and_condition():
            value = condition()
            if not value and not self.running():
                raise AssertionError(
                    f"outrider ended with {self.child.returncode} while waiting for {what}:\n"
                    + self.text()[-4000:]
                )
            return value

        return process.wait_until(alive_and_condition, timeout, what)

    def _status(self, key):
        """The value of that line of /proc/PID/status; None: the process has none, or is gone."""
        try:
            with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
                return dict(line.split(":", 1) for line in status).get(key)
        except OSError:
            return None

    def peak_memory(self):
        """The most bytes it has ever had resident (VmHWM)."""
        return int(self._status("VmHWM").split()[0]) * 1024

    def _catches(self, number):
        return int(self._status("SigCgt") or "0", 16) >> (number - 1) & 1

    def reload(self, config):
        """Puts this text into its configuration file and sends SIGHUP."""
        with open(self.path, "w", encoding="utf-8") as out:
            out.write(config)
        self.child.send_signal(signal.SIGHUP)

    def terminate(self, timeout=15):
        """SIGTERM, once it is caught; its exit code. It has stop_timeout (8 s) to leave."""
        process.wait_until(lambda: not self.running() or self._catches(signal.SIGTERM), 10, "outrider catches SIGTERM")
        if self.running():
            self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"outrider still runs {timeout} s after SIGTERM:\n"
                                 + self.text()[-4000:]) from None

    def kill(self):
        """SIGKILL."""
        self.child.kill()
        self.child.wait(10)


class Outrider:
    """Runs the binary for one test. `config` is the test's configuration as a nested dict; without a word
    of http.listen there it serves nothing, for relays of several tests share a host."""

    def __init__(self, base, config):
        self.base = base
        self.config = merge({"http": {"listen": None}}, config)
        self.daemons = []
        self.logs = []
        self._count = 0

    def write(self, config=None):
        """Writes the configuration with `config` (a nested dict of changes) laid over; its path."""
        self._count += 1
        path = os.path.join(self.base, f"outrider-{self._count}.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(self.text(config))
        return path

    def text(self, config=None):
        """The configuration with `config` laid over, as YAML."""
        return to_yaml(merge(self.config, config or {}))

    def run(self, *arguments, config=None, env=None, journal=False):
        """Starts `outrider run`; `journal`: it takes its log for the systemd journal."""
        path = self.write(config)
        log = path.replace(".yaml", ".log")
        with open(log, "wb") as out:
            if journal:
                stream = os.fstat(out.fileno())
                env = (env or {}) | {"JOURNAL_STREAM": f"{stream.st_dev}:{stream.st_ino}"}
            child = process.spawn([BINARY, "run", "-c", path, *arguments], stdin=subprocess.DEVNULL,
                                  stdout=out, stderr=out, env=environment(env), cwd=self.base)
        daemon = Daemon(child, log, path)
        self.daemons.append(daemon)
        self.logs.append(log)
        return daemon

    def command(self, *arguments, config=None, env=None, timeout=120, file=True, under=()):
        """Runs a command to its end. `file`: with -c and the test's configuration; `under`: the words
        of a program that runs it."""
        argv = [*under, BINARY, *arguments]
        if file:
            argv += ["-c", self.write(config)]
        return self._finish(argv, env, timeout)

    def _finish(self, argv, env, timeout):
        log = os.path.join(self.base, f"outrider-{self._count}-{len(self.logs)}.log")
        started = process.time.monotonic()
        with process.spawn(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, env=environment(env), cwd=self.base) as child:
            try:
                stdout, stderr = child.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                child.kill()
                stdout, stderr = child.communicate()
                raise AssertionError(f"{argv[1:]} did not end within {timeout} s:\n"
                                     + stderr.decode(errors="replace")[-4000:]) from None
        with open(log, "wb") as out:
            out.write(f"$ {' '.join(argv)}  # exit {child.returncode}\n".encode() + stdout + stderr)
        self.logs.append(log)
        return Result(argv, child.returncode, stdout.decode(errors="replace"),
                      stderr.decode(errors="replace"), process.time.monotonic() - started)

    def drain(self, *arguments, **options):
        """`outrider drain`."""
        return self.command("drain", *arguments, **options)

    def said(self):
        """All that daemons and commands of this test have said."""
        text = ""
        for log in self.logs:
            with open(log, "rb") as said:
                text += said.read().decode(errors="replace")
        return text

    def stop_all(self):
        """Ends every daemon of the test that still runs."""
        for daemon in self.daemons:
            process.stop(daemon.child)
