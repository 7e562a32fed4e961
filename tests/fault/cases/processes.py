# SPDX-License-Identifier: Apache-2.0
"""The relay itself is killed, frozen, or one of several."""

import os
import signal

from fault.case import case
from support.process import wait_until

KILLED = "relay killed (-9) at each lane phase, 20 times at random moments; SIGSTOP, SIGCONT"
SEVERAL = "two and four relays at once, one killed, one frozen while it holds a claim"


@case(KILLED, "none", times=(3, 20))
def relay_killed_at_random_moments(stage):
    """SIGKILL at a random moment, restarted as systemd does"""
    for _ in stage.times():
        stage.flow(60)
        stage.wait(0.01, 0.4)
        stage.kill_relay()
        stage.revive()


def killed_at(phase, entries, times=(1, 4)):
    """Registers a case: the process is killed as a lane enters the phase."""

    def run(stage):
        for _ in stage.times():
            stage.kill_relay()  # the one without a hook; it is a fault like the other
            stage.faults += 1
            hooked = stage.revive(fault_at=f"{phase}:{stage.chance.randint(*entries)}:KILL")
            stage.relays.wait_killed(hooked)
            stage.revive()
            stage.flow(60)

    run.__name__ = f"relay_killed_at_{phase}"
    run.__doc__ = f"SIGKILL as a lane enters the phase {phase}"
    case(KILLED, "none", times=times)(run)


for name, span in (("claim", (1, 40)), ("publish", (1, 40)),
                   ("settle", (1, 40)), ("commit", (1, 30)), ("idle", (1, 10))):
    killed_at(name, span)


def killed_after_a_cut(phase):
    """Registers a case: killed in a phase that only follows the loss of a server."""

    def run(stage):
        for _ in stage.times():
            stage.kill_relay()
            hooked = stage.revive(fault_at=f"{phase}:1:KILL")
            stage.flow(60)
            stage.faults += 1
            stage.cut_backends()
            stage.relays.wait_killed(hooked)
            stage.revive()
            stage.flow(60)

    run.__name__ = f"relay_killed_at_{phase}"
    run.__doc__ = f"SIGKILL as a lane enters the phase {phase} after its connection was cut"
    case(KILLED, "cluster", times=(1, 4))(run)


killed_after_a_cut("back_off")
killed_after_a_cut("connect")


@case(KILLED, "none", times=(1, 4), relays=1)
def relay_killed_at_standby(stage):
    """SIGKILL of a second relay as it finds that another has the slot"""
    for _ in stage.times():
        hooked = stage.revive(fault_at=f"standby:{stage.chance.randint(1, 4)}:KILL")
        stage.relays.wait_killed(hooked)
        stage.flow(60)


@case(KILLED, "none", times=(1, 4))
def relay_killed_at_ended(stage):
    """SIGTERM, and SIGKILL when the lane has ended but the process has not"""
    for _ in stage.times():
        stage.kill_relay()
        stage.faults += 1
        hooked = stage.revive(fault_at="ended:1:KILL")
        stage.flow(60)
        hooked.child.send_signal(signal.SIGTERM)
        stage.relays.wait_killed(hooked)
        stage.revive()


@case(KILLED, "none", times=(1, 2))
def relay_stopped_and_continued(stage):
    """SIGSTOP for 3 s (long: 31 s, past idle_in_transaction_session_timeout), then SIGCONT"""
    for _ in stage.times():
        stage.flow(60)
        stage.wait(0.01, 0.3)
        os.kill(stage.relay().pid, signal.SIGSTOP)
        stage.wait(stage.lasting(3, 31))
        os.kill(stage.relay().pid, signal.SIGCONT)
        stage.flow(60)


def several(count, times):
    """Registers the cases of `count` relays side by side."""

    def one_killed(stage):
        for _ in stage.times():
            stage.flow(60)
            stage.wait(0.01, 0.3)
            active = stage.active_relay()
            stage.relays.kill(active)
            seconds = stage.flow(1)
            stage.check(seconds <= 4, f"another takes over within 4 s (took {seconds:.1f})")
            stage.revive()

    one_killed.__name__ = f"{count}_relays_the_active_one_killed"
    one_killed.__doc__ = f"{count} relays, the one that sends gets SIGKILL"
    case(SEVERAL, "none", times=times, relays=count)(one_killed)


several(2, (2, 5))
several(4, (1, 4))


@case(SEVERAL, "none", times=(1, 2), relays=2, config={"outbox": {"window_deadline": "5s"}})
def frozen_while_it_holds_a_claim(stage):
    """SIGSTOP as a lane enters publish; the other takes over when PostgreSQL ends its transaction"""
    for _ in stage.times():
        for daemon in list(stage.relays.running):
            stage.relays.kill(daemon)
        stage.faults += 1
        frozen = stage.revive(fault_at=f"publish:{stage.chance.randint(5, 30)}:STOP")
        wait_until(lambda: _state(frozen.pid) == "T", 20, "the relay is stopped by its hook")
        stage.revive()
        if not stage.long:  # the server's own limit takes 30 s
            stage.wait(1)
            stage.cut_backends("idle in transaction")
        seconds = stage.flow(60, timeout=45)
        stage.check(seconds <= (34 if stage.long else 4), f"another takes over (took {seconds:.1f} s)")
        os.kill(frozen.pid, signal.SIGCONT)
        stage.flow(60)


def _state(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        return stat.read().rpartition(")")[2].split()[0]
