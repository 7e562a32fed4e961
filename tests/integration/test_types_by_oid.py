# SPDX-License-Identifier: Apache-2.0
"""A column's type is told by its oid, whatever a session's settings make of its name and however many domains are
around it."""

import pytest

DOMAINS = {
    "id": "uuid", "payload": "jsonb", "published": "boolean", "retry_count": "integer", "created_at": "timestamptz",
    "published_at": "timestamptz", "seq": "bigint", "headers": "jsonb", "next_attempt_at": "timestamptz",
    "last_error": "text", "error_class": "text", "dead_at": "timestamptz",
}


def go(outrider, outbox, topic, observer):
    """A row through a relay, and the commands that look at the table; check finds nothing that is an error."""
    wanted = {outbox.insert(topic) for _ in range(3)}
    outrider.command("drain").expect(0)
    assert {record.message_id for record in observer.read(topic)} == wanted
    outrider.command("status").expect(0)
    outrider.command("schema", "status").expect(0)
    assert "column-type" not in outrider.command("check", "--json").stdout


@pytest.mark.parametrize("version", [1, 2])
def test_names_that_are_all_quoted(outrider, outbox, topic, observer, db, database):
    db.execute(f"ALTER DATABASE {database} SET quote_all_identifiers = on")
    if outbox.value("SELECT to_regclass('outbox_messages_outrider') IS NULL"):
        outrider.command("schema", "apply").expect(0)
    go(outrider, outbox, topic, observer)


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("depth", [1, 3])
def test_domains_over_domains(outrider, outbox, topic, observer, db, depth):
    for column, base in DOMAINS.items():
        under = base
        for level in range(depth):
            db.execute(f"CREATE DOMAIN {column}_{level} AS {under}")
            under = f"{column}_{level}"
        db.execute(f"ALTER TABLE outbox_messages ALTER {column} TYPE {under}")
    go(outrider, outbox, topic, observer)


@pytest.mark.parametrize("version", [2])
def test_bytes_in_a_domain_of_domains(outrider, make_outbox, topic, observer, db):
    db.execute("CREATE DOMAIN raw AS bytea; CREATE DOMAIN body AS raw")
    outbox = make_outbox(payload="body NOT NULL")
    outbox.insert(topic, b'{"a": 1}')
    outrider.command("drain").expect(0)
    assert [record.value for record in observer.read(topic)] == [b'{"a": 1}']


@pytest.mark.parametrize("version", [1])
def test_a_type_that_does_not_serve_is_named(outrider, outbox, db, database):
    """Readably, also when its name is quoted."""
    db.execute("ALTER TABLE outbox_messages ALTER retry_count DROP DEFAULT, ALTER retry_count TYPE text")
    for setting in ("off", "on"):
        db.execute(f"ALTER DATABASE {database} SET quote_all_identifiers = {setting}")
        daemon = outrider.run()
        daemon.wait_for_log(r"retry_count.* is of type .*text.*; outrider needs integer", 20)
        assert daemon.terminate() == 0
