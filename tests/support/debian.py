# SPDX-License-Identifier: Apache-2.0
"""The Debian package, and roots of Debian 12 to install it in: a folder, or a machine that has booted.

debootstrap makes a root once, with what the package depends on, and keeps it in build/debian; each test
has a copy. A machine is systemd-nspawn's: PID 1 is Debian's systemd, the kernel and the network are this
machine's, so that what listens on loopback here is reached from there.
"""

import hashlib
import os
import re
import shutil
import signal
import subprocess

from support import need, process
from support.kafka_broker import TOP

SUITE = "bookworm"
FOLDER = os.path.join(TOP, "build", "debian")
BOOT = signal.SIGRTMIN + 3  # to systemd as PID 1: power off (systemd(1), "Signals")


def need_all(*programs):
    """Ends the test, by name, where it cannot be run."""
    if os.geteuid() != 0:
        need.missing("root, for chroot and namespaces,")
    for program in programs:
        if shutil.which(program) is None:
            need.missing(program)


def run(*argv, **options):
    """A command's output; fails with its words."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=600, **options)
    assert done.returncode == 0, f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}"
    return done.stdout


def build(version=None):
    """The .deb of this tree, perhaps as if the program had another version."""
    out = run(os.path.join(TOP, "scripts", "deb"), os.path.join(FOLDER, "packages"), *([version] if version else []))
    return out.splitlines()[-1]


def base_root(package):
    """A root with the package's dependencies, systemd as PID 1, and nothing of the package's."""
    depends = run("dpkg-deb", "-f", package, "Depends")
    names = sorted({re.match(r"[a-z0-9.+-]+", one.strip())[0] for one in depends.split(",")} | {"systemd-sysv"})
    root = os.path.join(FOLDER, "root-" + hashlib.sha256(" ".join(names).encode()).hexdigest()[:12])
    if not os.path.exists(root):
        shutil.rmtree(root + ".new", ignore_errors=True)
        run("debootstrap", "--variant=minbase", "--include=" + ",".join(names), SUITE, root + ".new")
        os.rename(root + ".new", root)
    return root


class Root:
    """A copy of a root, and commands in it."""

    def __init__(self, base, path):
        self.path = path
        run("cp", "-a", base, path)

    def file(self, name):
        return self.path + name

    def write(self, name, text, mode=0o640):
        with open(self.file(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.file(name), mode)

    def take(self, package):
        """Where a package of the host is then found inside."""
        shutil.copy(package, self.file("/srv"))
        return "/srv/" + os.path.basename(package)

    def run(self, *argv):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
        # With a /proc of its own: systemd-tmpfiles does nothing without.
        return run("unshare", "--mount", "--pid", "--fork", f"--mount-proc={self.path}/proc", "chroot", self.path, *argv,
                   env=env)

    def files(self):
        """Every path in it with type, mode and owner, but for what dpkg and the test keep."""
        kept = re.compile(r"/(srv|tmp|proc|sys|dev|run|var/(lib/dpkg|log|cache))(/|$)")
        out = run("find", self.path, "-printf", "%P %y %m %U:%G\n")
        return {line for line in out.splitlines() if not kept.match("/" + line.split(" ", 1)[0])}


class Machine(Root):
    """A root that has booted; commands run beside its PID 1."""

    def __init__(self, base, path, name):
        super().__init__(base, path)
        # Without this machine's own systemd, which need not be there.
        self._nspawn = process.spawn(
            ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--console=pipe", "--machine", name,
             "--directory", path, "/lib/systemd/systemd"],
            death_signal=signal.SIGTERM, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"})
        self.leader = None

    def boot(self):
        """Waits until systemd has started everything; the reason, if this machine cannot boot one."""

        def up():
            if self._nspawn.poll() is not None:
                return "ended"
            pids = process.children(self._nspawn.pid)
            if not pids:
                return False
            self.leader = pids[0]
            return self.ask("systemctl", "is-system-running").stdout.strip() in ("running", "degraded") and "up"

        try:
            if process.wait_until(up, 60, "systemd has booted", every=0.2) == "up":
                return None
        except process.Deadline as late:
            return str(late)
        return self._nspawn.stdout.read().decode(errors="replace").strip() or "systemd-nspawn has ended"

    def ask(self, *argv):
        """The command as it ended."""
        return subprocess.run(["nsenter", "-t", str(self.leader), "-m", "-u", "-i", "-p", "-C", *argv],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                                                "DEBIAN_FRONTEND": "noninteractive"})

    def run(self, *argv):
        done = self.ask(*argv)
        assert done.returncode == 0, f"{' '.join(argv)}: exit {done.returncode}\n{done.stdout}"
        return done.stdout

    def show(self, unit, name):
        """A property of a unit's."""
        return self.run("systemctl", "show", "--value", "-p", name, unit).strip()

    def journal(self, unit):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit)

    def wait(self, condition, what, timeout=30):
        return process.wait_until(condition, timeout, what, every=0.1)

    def power_off(self):
        if self.leader is not None and self._nspawn.poll() is None:
            process.kill(self.leader, BOOT)
        process.stop(self._nspawn, 0, 30)
