# SPDX-License-Identifier: Apache-2.0
"""The primary dies, its streaming replica takes over; the relay's DSN names both."""

from fault.case import case
from support import replica as replicas

ROW = "failover: streaming replica promoted, multi-host DSN"


def with_a_replica(servers):
    """A primary whose commits wait for its replica, so that nothing acknowledged goes with it."""
    primary = servers.own_postgres()
    primary.replica = servers.keep(replicas.Replica(servers.directory("replica"), primary)).start()
    replicas.configure(primary, "synchronous_standby_names", "replica")
    primary.relay_dsn = lambda database: replicas.dsn((primary, primary.replica), database)
    return primary


@case(ROW, "cluster", times=(1, 1), own_postgres=with_a_replica)
def replica_promoted(stage):
    """The primary gets SIGKILL mid-transaction and its replica is promoted; writers go there too"""
    for _ in stage.times():
        stage.flow(60)
        stage.postgres.kill()
        stage.wait(0.5, 1.5)
        stage.postgres.replica.promote()
        stage.postgres = stage.postgres.replica
    stage.reconnect()
    stage.heal()
    stage.flow(60)
    stage.noticed()


@case(ROW, "cluster", times=(1, 1), own_postgres=with_a_replica)
def primary_becomes_read_only_and_the_replica_is_promoted(stage):
    """A switch-over: the primary takes no writes any more but answers, and the replica is promoted"""
    for _ in stage.times():
        stage.flow(60)
        old = stage.postgres
        stage.load.pause()
        replicas.configure(old, "default_transaction_read_only", "on")
        stage.cut_writers()
        old.replica.catch_up()
        stage.postgres = old.replica
        old.replica.promote()
        stage.admin.close()
        stage.reconnect()
        stage.load.resume()
    stage.heal()
    stage.flow(60)
