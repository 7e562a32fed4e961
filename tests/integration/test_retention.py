# SPDX-License-Identifier: Apache-2.0
"""outbox.retention: relays purge what they published, and nothing that they promise suffers."""

import os

import pytest

from support import postgres as postgres_server
from support.observer import judge
from support.outbox import Outbox

PURGE = {"outbox": {"retention": "1s"}}


def told(daemon, event):
    return [line for line in daemon.events() if line["event"] == event]


def age(outbox):
    """Every row that is published was so nine days ago."""
    outbox.run("UPDATE {table} SET {created_at} = {created_at} - interval '9 days', "
               "{published_at} = {published_at} - interval '9 days' WHERE {published}")


@pytest.mark.parametrize("version, ordering", [(1, "key"), (2, "key"), (2, "none")])
def test_two_relays_purge_beside_each_other_and_writers(outrider, outbox, observer, writers, topic, ordering,
                                                        version):
    daemons = [outrider.run(config=PURGE) for _ in range(2)]
    load = writers(threads=2, transactions=100_000)
    for daemon in daemons:
        daemon.wait_until(lambda d=daemon: any(line["rows"] > 0 for line in told(d, "purged")), 30, "a purge")
    load.stop()
    ledger = load.join()
    daemons[0].wait_until(lambda: outbox.count() == 0, 30, "all rows purged")
    for daemon in daemons:
        assert daemon.terminate() == 0
        assert not told(daemon, "purge_failed") and not told(daemon, "window_failed")
    ids = {entry.message_id for entry in ledger.committed}
    order = ordering == "key" and version == 2
    judge(observer.read(topic), ledger, outbox.marked_ids(ids)).assert_perfect(order=order)


def test_the_dead_stay(outrider, outbox, topic):
    outbox.fill(topic, 300)
    outbox.fill("..", 5, prefix="b")  # no topic's name: dead at once
    daemon = outrider.run(config=PURGE)
    daemon.wait_until(lambda: outbox.count() == 5 and outbox.given_up() == 5, 30, "all but the dead are purged")
    assert daemon.terminate() == 0


def test_a_reload_changes_it(outrider, outbox, settled, topic):
    daemon = outrider.run()
    outbox.fill(topic, 300)
    settled(daemon)
    age(outbox)
    daemon.reload(outrider.text({"outbox": {"retention": "10d"}}))
    daemon.wait_until(lambda: told(daemon, "reloaded"), 20, "reloaded")
    assert told(daemon, "reloaded")[0]["changed"] == "outbox.retention"
    assert outbox.count() == 300
    daemon.reload(outrider.text(PURGE))
    daemon.wait_until(lambda: outbox.count() == 0, 20, "purged")
    daemon.reload(outrider.text())
    daemon.wait_until(lambda: len(told(daemon, "reloaded")) == 3, 20, "reloaded")
    outbox.fill(topic, 10)
    settled(daemon)
    age(outbox)
    assert daemon.terminate() == 0
    assert outbox.count() == 10
    assert sum(line["rows"] for line in told(daemon, "purged")) == 300


def test_it_survives_the_servers_restart(outrider, base_dir, topic):
    path = os.path.join(base_dir, "restarted")
    os.mkdir(path)
    server = postgres_server.Postgres(path)
    try:
        database = server.start().create_database()
        with server.connect(database) as db:
            Outbox(db).create()
        config = {"database": {"dsn": server.dsn(database)}, **PURGE}
        daemon = outrider.run(config=config)
        daemon.wait_for_log('"event":"connected"', 20)
        server.stop_immediately()
        daemon.wait_until(lambda: told(daemon, "purge_failed"), 30, "a round that fails")
        assert server.resume()
        with server.connect(database) as db:
            outbox = Outbox(db)
            outbox.fill(topic, 100)
            daemon.wait_until(lambda: outbox.count() == 0, 60, "published and purged")
        [failed] = [line for line in told(daemon, "purge_failed") if line["level"] == "warn"]
        assert failed["class"] == "cluster" and "tried again" in failed["next"]
        assert daemon.terminate() == 0
    finally:
        server.stop()
