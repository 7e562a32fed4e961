# SPDX-License-Identifier: Apache-2.0
"""A prepared transaction holds a row: it has no pid, and its name is what ends it."""

import os

import pytest

GID = "booking 17"


@pytest.fixture
def held(outbox, connect, topic):
    """One row that a prepared transaction holds, and one of another aggregate."""
    held = outbox.insert(topic, aggregate="held")
    outbox.insert(topic, aggregate="free")
    holder = connect(autocommit=False)
    holder.execute("SELECT FROM outbox_messages WHERE id = %s FOR UPDATE", (held,))
    holder.execute(f"PREPARE TRANSACTION '{GID}'")
    yield held
    connect().execute(f"ROLLBACK PREPARED '{GID}'")


@pytest.fixture
def looks(db, database, postgres):
    """How often the server was asked who holds a row."""
    db.execute(f"ALTER DATABASE {database} SET log_statement = 'all'")
    begin = os.path.getsize(postgres.log)

    def count():
        with open(postgres.log, encoding="utf-8", errors="replace") as log:
            log.seek(begin)
            return sum("SELECT coalesce(l.pid, 0), p.gid" in line for line in log)

    return count


@pytest.mark.parametrize("version", [1, 2])
def test_named_once(outrider, outbox, held, topic, looks):
    daemon = outrider.run()
    daemon.wait_for_log("rows_locked", 20)
    outbox.insert("later", aggregate="held")
    for n in range(4):
        before = looks()
        other = outbox.insert(topic, aggregate=f"free-{n}")
        daemon.wait_until(lambda: outbox.row(other)[0] and looks() > before, 20, "a row published, and one more look at the held one")
    assert outbox.unpublished() == 2
    line, = [event for event in daemon.events() if event.get("event") == "rows_locked"]
    assert line["prepared_transaction"] == GID and "COMMIT PREPARED" in line["next"] and "holder_pid" not in line
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version", [1, 2])
def test_a_drain_names_it(outrider, outbox, held):
    left = outrider.command("drain", "--max-seconds", "2")
    assert left.code != 0
    assert f"a prepared transaction: COMMIT PREPARED or ROLLBACK PREPARED ends {GID}" in left.output
