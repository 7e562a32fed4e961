# SPDX-License-Identifier: Apache-2.0
"""The relays of a case, restarted as systemd would when they were killed, and watched: what they
weigh, and that none ends by itself."""

import os
import signal
import subprocess
import threading
import time

from support import process
from support.outrider import BINARY, Daemon, environment, to_yaml

EVERY = 0.2  # seconds between two looks
YOUNG = 2.0  # seconds after its start in which a process still grows


class Relays:
    def __init__(self, directory, config):
        self.directory = directory
        self.config = config
        self.running = []
        self.weights = {}  # pid -> [(seconds, resident kB, descriptors)]
        self.unexpected = []
        self.started = 0
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def start(self, fault_at=None, prefix=(), env=None, overrides=()):
        """One more `outrider run`. `fault_at`: the hook of src/relay/fault_at.c."""
        self.started += 1
        path = os.path.join(self.directory, f"relay-{self.started}.yaml")
        with open(path, "w", encoding="utf-8") as out:
            out.write(to_yaml(self.config))
        extra = (env or {}) | ({"OUTRIDER_FAULT_AT": fault_at} if fault_at else {})
        options = [word for one in overrides for word in ("-o", one)]
        log = path.replace(".yaml", ".log")
        with open(log, "wb") as out:
            child = process.spawn([*prefix, BINARY, "run", "-c", path, *options],
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                  env=environment(extra), cwd=self.directory)
        daemon = Daemon(child, log, path)
        daemon.meant_to_die = (fault_at or "").endswith(":KILL")
        with self._lock:
            self.running.append(daemon)
        return daemon

    def ended(self, daemon):
        """It is known, and meant, that this one is gone."""
        with self._lock:
            if daemon in self.running:
                self.running.remove(daemon)

    def kill(self, daemon):
        self.ended(daemon)
        daemon.kill()

    def wait_killed(self, daemon, timeout=20, what="the relay is killed by its hook"):
        """Waits until it was killed by its own hook."""
        process.wait_until(lambda: daemon.child.poll() is not None, timeout, what)
        self.ended(daemon)
        assert daemon.child.returncode == -signal.SIGKILL, f"it ended with {daemon.child.returncode}"

    def stop(self):
        """SIGTERM to all; says what each that did not leave well did."""
        self._end.set()
        self._watch.join()
        self._look_once()
        bad = list(self.unexpected)
        for daemon in self.running:
            daemon.child.send_signal(signal.SIGTERM)
        for daemon in self.running:
            try:
                code = daemon.child.wait(12)
            except subprocess.TimeoutExpired:
                daemon.kill()
                code = "no end"
            if code != 0:
                bad.append(f"relay left with {code} after SIGTERM ({os.path.basename(daemon.log)})")
        return bad

    def kill_all(self):
        self._end.set()
        for daemon in self.running:
            process.stop(daemon.child, signal.SIGKILL)

    def growth(self):
        """(kB, descriptors) that a process gained at most, from when it had settled to its end."""
        memory = descriptors = 0
        for seen in self.weights.values():
            old = [one for one in seen if one[0] - seen[0][0] >= YOUNG]
            if old:
                memory = max(memory, old[-1][1] - old[0][1])
                descriptors = max(descriptors, old[-1][2] - old[0][2])
        return memory, descriptors

    def _look(self):
        while not self._end.wait(EVERY):
            self._look_once()

    def _look_once(self):
        with self._lock:
            daemons = list(self.running)
            for daemon in daemons:
                if daemon.child.poll() is None:
                    self._weigh(daemon.pid)
                else:
                    self.running.remove(daemon)
                    if daemon.meant_to_die and daemon.child.returncode == -signal.SIGKILL:
                        continue  # by its own hook, and wait_killed is about to see it
                    self.unexpected.append(f"relay ended by itself with {daemon.child.returncode} "
                                           f"({os.path.basename(daemon.log)})")

    def _weigh(self, pid):
        try:
            with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
                resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
            descriptors = len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            return
        self.weights.setdefault(pid, []).append((time.monotonic(), resident, descriptors))
