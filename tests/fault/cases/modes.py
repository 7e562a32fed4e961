# SPDX-License-Identifier: Apache-2.0
"""The other ways to run: no order and four lanes, four slots and four lanes, rows deleted, the table's version 1."""

from fault.case import case

KILLED = "relay killed (-9) at each lane phase, 20 times at random moments; SIGSTOP, SIGCONT"
SEVERAL = "two and four relays at once, one killed, one frozen while it holds a claim"
CUT = ("PostgreSQL killed (-9, immediate) mid-transaction; backends terminated; read-only; "
       "connections exhausted; disk full (small tmpfs)")
LANES = {"outbox": {"lanes": 4}}


def killed(stage):
    for _ in stage.times():
        stage.flow(60)
        stage.wait(0.01, 0.3)
        stage.kill_relay()
        stage.revive()


def cut(stage):
    for _ in stage.times():
        stage.flow(60)
        stage.wait(0, 0.2)
        stage.cut_backends()


def change_slots(stage):
    for _ in stage.times():
        stage.flow(60)
        stage.kill_relay()
        stage.set_slots(stage.chance.choice((1, 2, 8)))
        stage.revive()
        stage.set_slots(4)


def also(run, name, what, row, **options):
    """Registers the same fault under another way to run."""

    def copy(stage):
        run(stage)

    copy.__name__, copy.__doc__ = name, what
    case(row, "cluster" if run is cut else "none", **options)(copy)


also(killed, "without_order_four_lanes_killed", "ordering: none, 4 lanes, one of two relays gets SIGKILL",
     SEVERAL, times=(3, 10), ordering="none", relays=2, config=LANES, ordered=False)
also(cut, "without_order_four_lanes_cut", "ordering: none, 4 lanes, every connection is terminated",
     CUT, times=(3, 10), ordering="none", config=LANES, ordered=False)
also(killed, "four_slots_four_lanes_killed", "4 slots, 4 lanes, one of two relays gets SIGKILL", SEVERAL,
     times=(3, 10), slots=4, relays=2, config=LANES)
also(cut, "four_slots_four_lanes_cut", "4 slots, 4 lanes, every connection is terminated", CUT,
     times=(3, 10), slots=4, config=LANES)
also(change_slots, "slots_change_as_a_relay_is_killed", "4 slots become 1, 2 or 8 and 4 again, one of two relays gets SIGKILL",
     SEVERAL, times=(2, 8), slots=4, relays=2, config=LANES)
also(killed, "deleting_relay_killed", "on_published: delete, the relay gets SIGKILL", KILLED,
     times=(3, 10), deletes=True)
also(cut, "deleting_relay_cut", "on_published: delete, its connection is terminated", CUT,
     times=(3, 10), deletes=True)
# Version 1 promises no order per aggregate: everything else is judged.
also(killed, "version_1_relay_killed", "the table's version 1 (order not judged), SIGKILL", KILLED,
     times=(3, 10), version=1, ordered=False)
also(cut, "version_1_relay_cut", "the table's version 1 (order not judged), its connection is terminated",
     CUT, times=(3, 10), version=1, ordered=False)
