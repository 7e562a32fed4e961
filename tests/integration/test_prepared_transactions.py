# SPDX-License-Identifier: Apache-2.0
"""A prepared transaction holds a row: it has no pid, and its name is what ends it."""

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


@pytest.mark.parametrize("version", [1, 2])
def test_named_once(outrider, outbox, held, connect, settled):
    daemon = outrider.run()
    daemon.wait_for_log("rows_locked", 20)
    outbox.insert("later", aggregate="held")
    looks = lambda: daemon.text().count('"event":"rows_locked"')
    daemon.wait_until(lambda: outbox.unpublished() == 2, 20, "the other aggregate's row published")
    line, = [event for event in daemon.events() if event.get("event") == "rows_locked"]
    assert line["prepared_transaction"] == GID and "COMMIT PREPARED" in line["next"] and "holder_pid" not in line
    assert looks() == 1
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version", [1, 2])
def test_a_drain_names_it(outrider, outbox, held):
    left = outrider.command("drain", "--max-seconds", "2")
    assert left.code != 0
    assert f"a prepared transaction: COMMIT PREPARED or ROLLBACK PREPARED ends {GID}" in left.output
