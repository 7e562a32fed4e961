# SPDX-License-Identifier: Apache-2.0
"""A guide of docs/, carried out as it is written: what stands in its code blocks is what a test runs,
so a command that is wrong in the guide fails."""

import os
import re
import subprocess

from support import outrider as relay
from support import postgres as postgres_server
from support import process
from support.kafka_broker import TOP

HEADING = re.compile(r"^#+ (.*)$", re.M)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
SERVICE = re.compile(r"systemctl (start|stop) (\S+)")
EXITS = re.compile(r"# exits (\d+)")


def sections(name):
    """heading -> [(language, text) of each of its blocks]."""
    with open(os.path.join(TOP, "docs", name), encoding="utf-8") as text:
        whole = text.read()
    # A line of a block may look like a heading: "# exits 1".
    headings = [found for found in HEADING.finditer(whole)
                if whole.count("\n```", 0, found.start()) % 2 == 0]
    ends = [found.start() for found in headings[1:]] + [len(whole)]
    return {found[1]: BLOCK.findall(whole[found.end():end]) for found, end in zip(headings, ends)}


class Guide:
    """One walk through a guide, in a directory of its own.

    A `yaml` block is the file outrider.yaml from then on, `sql` is psql's, `sh` goes line by line;
    other languages are what the reader sees. `systemctl start|stop NAME` is services[NAME], a
    (start, stop) pair; "# exits N" behind a command says so. The servers' addresses come by
    environment, over what the guide's example has; metrics are served nowhere, as by every relay of a test.
    """

    def __init__(self, name, directory, environment, services):
        self.sections = sections(name)
        self.directory = directory
        self.services = services
        self.path = os.path.join(directory, "outrider.yaml")
        self.said = []
        programs = os.path.join(directory, "bin")
        os.mkdir(programs)
        os.symlink(relay.BINARY, os.path.join(programs, "outrider"))
        self.environment = relay.environment(environment) | {
            "OUTRIDER_HTTP_LISTEN": "",
            "PATH": os.pathsep.join([programs, postgres_server.bindir(), os.environ["PATH"]])}

    def example(self):
        """What the guide begins with: a table as an application has it."""
        return next(iter(self.sections.values()))[0][1]

    def follow(self, heading):
        """Does all that stands under this heading; what the commands said."""
        said = len(self.said)
        assert self.sections[heading], f"nothing to do under {heading!r}"
        for language, text in self.sections[heading]:
            if language == "yaml":
                with open(self.path, "w", encoding="utf-8") as out:
                    out.write(text)
            elif language == "sql":
                self._run(["psql", "-X", "-v", "ON_ERROR_STOP=1", "-f", "-"], text)
            elif language == "sh":
                for line in text.replace("\\\n", " ").splitlines():
                    self._line(line)
        return "".join(self.said[said:])

    def _line(self, line):
        if found := SERVICE.match(line):
            start, stop = self.services[found[2]]
            (start if found[1] == "start" else stop)()
        elif line:
            self._run(["sh", "-euc", line], "", int((EXITS.search(line) or [0, 0])[1]))

    def _run(self, argv, text, code=0):
        with process.spawn(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           env=self.environment, cwd=self.directory) as child:
            output = child.communicate(text.encode(), timeout=120)[0].decode(errors="replace")
        self.said.append(output)
        assert child.returncode == code, f"{argv[-1]}\n{text}exit {child.returncode}, expected {code}:\n{output}"


def relay_service(guide, outrider):
    """The (start, stop) of outrider's unit: `outrider run` on the guide's configuration."""

    def start():
        log = os.path.join(guide.directory, f"relay-{len(outrider.daemons)}.log")
        with open(log, "wb") as out:
            child = process.spawn([relay.BINARY, "run", "-c", guide.path], stdin=subprocess.DEVNULL,
                                  stdout=out, stderr=out, env=guide.environment, cwd=guide.directory)
        outrider.daemons.append(relay.Daemon(child, log, guide.path))
        outrider.logs.append(log)

    def stop():
        assert outrider.daemons[-1].terminate() == 0

    return start, stop
