# SPDX-License-Identifier: Apache-2.0
"""PgBouncer in transaction mode in front of PostgreSQL."""

from fault.case import case
from support.process import wait_until

ROW = "PgBouncer in transaction mode in front, restarted mid-stream"


@case(ROW, "cluster", times=(2, 6), pooled=True)
def pgbouncer_restarted(stage):
    """The pooler is shut down at once and started again, at random moments"""
    for _ in stage.times():
        stage.flow(40)
        stage.wait(0, 0.3)
        stage.pooler.stop()
        stage.wait(0, 0.5)
        stage.pooler.resume()
    stage.flow(60)


@case(ROW, "cluster", times=(2, 6), pooled=True)
def backends_terminated_behind_pgbouncer(stage):
    """The server connection of the pooler is terminated under a window; one without would be replaced in silence"""

    def cut():
        return stage.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name"
                          " IN ('outrider', 'pgbouncer') AND datname = current_database()"
                          " AND state = 'idle in transaction'")

    for _ in stage.times():
        stage.flow(40)
        wait_until(cut, 20, "a window is in hand", every=0.005)
    stage.flow(60)
    stage.noticed()
