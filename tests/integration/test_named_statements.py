# SPDX-License-Identifier: Apache-2.0
"""The server keeps a relay's statements planned, by name, where the connection is its own; and the relay does
without when the names are lost."""

import pytest

from support import outrider as relay
from support.observer import judge

COUNT = "SELECT coalesce(max(names), 0), coalesce(min(names), 0), count(*) FROM names"


@pytest.fixture
def note_names(outbox):
    """From now on each mark notes how many names its server process knows, and then does `also`."""

    def note(also=""):
        outbox.run("CREATE TABLE names (at bigserial, names bigint)")
        outbox.run(f"""
            CREATE FUNCTION note_names() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO names (names)
                    SELECT count(*) FROM pg_prepared_statements WHERE starts_with(name, 'outrider');
                {also}
                RETURN NULL; END $$""")
        outbox.run("CREATE TRIGGER note_names AFTER UPDATE OR DELETE ON {table} "
                   "FOR EACH STATEMENT EXECUTE FUNCTION note_names()")
    return note


def fill_often(outbox, topic, settled, daemon):
    """Several windows."""
    for _ in range(5):
        outbox.fill(topic, 20)
        settled(daemon)


@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 4)])
@pytest.mark.parametrize("on_published", ["mark", "delete"])
def test_a_connection_of_its_own_names_them(outrider, outbox, note_names, settled, db, topic, slots):
    note_names()
    daemon = outrider.run()
    fill_often(outbox, topic, settled, daemon)
    most, least, windows = db.execute(COUNT).fetchone()
    assert windows >= 5 and 0 < least <= most <= 64
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version", [1, 2])
def test_behind_a_pooler_nothing_has_a_name(outrider, outbox, note_names, pgbouncer, settled, database, db, topic):
    outrider.config = relay.merge(outrider.config, {"database": {"dsn": pgbouncer.dsn(database)}})
    note_names()
    daemon = outrider.run()
    fill_often(outbox, topic, settled, daemon)
    most, _, windows = db.execute(COUNT).fetchone()
    assert windows >= 5 and most == 0
    assert daemon.terminate() == 0


@pytest.mark.parametrize("version", [1, 2])
def test_lost_names_cost_one_connection(outrider, outbox, note_names, settled, observer, db, topic):
    """Somebody stands between who lets the server's own pid through: names are given up, no row is."""
    note_names("EXECUTE 'DEALLOCATE ALL';")
    daemon = outrider.run()
    fill_often(outbox, topic, settled, daemon)
    ledger = outbox.ledger()
    failed = [event for event in daemon.events() if event.get("code") == "26000"]
    assert len(failed) == 1 and failed[0]["event"] == "window_failed"
    assert db.execute("SELECT names > 0 FROM names ORDER BY at LIMIT 1").fetchone()[0]
    assert db.execute("SELECT names FROM names ORDER BY at DESC LIMIT 1").fetchone()[0] == 0
    judge(observer.read(topic), ledger, outbox.marked_ids()).assert_perfect()
    assert daemon.terminate() == 0
