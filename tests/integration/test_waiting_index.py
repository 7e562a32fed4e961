# SPDX-License-Identifier: Apache-2.0
"""Rows that wait are found by the hash of their aggregate: an aggregate may be longer than an index can hold, and of any
type. A table whose version 2 an earlier outrider made is served, and mended by apply, while everybody works."""

import json

import pytest

from support.observer import judge
from support.outbox import Outbox

NOT_ALLOWED = {"message": {"topics_allow": ["orders.*"]},
               "outbox": {"retry_backoff": "50ms", "retry_backoff_max": "100ms", "max_retries": 2}}
# An aggregate of 12,800 digits: hexadecimal ones do not compress to less than half, and an index holds 2,704 bytes.
RANDOM = "SELECT string_agg(md5(n::text), '') FROM generate_series(1, 400) AS n"
# What an earlier outrider made.
EARLIER = """
DROP INDEX outbox_messages_outrider_waiting_hash;
CREATE INDEX outbox_messages_outrider_waiting ON outbox_messages (aggregate_id, seq)
 WHERE next_attempt_at IS NOT NULL AND published IS NOT TRUE AND dead_at IS NULL
"""
SCANS = "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = %s"
INDEXES = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = 'outbox_messages'::regclass " \
          "AND indisvalid AND indexrelid::regclass::text LIKE '%waiting%'"
BY_HASH, BY_VALUE = "outbox_messages_outrider_waiting_hash", "outbox_messages_outrider_waiting"


@pytest.fixture
def version():
    return 2


def waits(outbox, topic, aggregate):
    """A row that waits for an hour, and one behind it."""
    head = outbox.insert(topic, aggregate=aggregate)
    outbox.run("UPDATE {table} SET next_attempt_at = now() + interval '1 hour', retry_count = 1 WHERE {id} = %s", head)
    return head, outbox.insert(topic, aggregate=aggregate)


@pytest.mark.parametrize("slots", [1, 4])
def test_an_aggregate_that_no_index_holds(outrider, outbox, kafka, observer, topic, slots):
    """Its row fails, waits and dies like any other, and those behind it follow."""
    aggregate = outbox.value(RANDOM)
    bad = outbox.insert(kafka.topic_name("refused"), aggregate=aggregate)
    followers = [outbox.insert(topic, f'{{"n": {n}}}', aggregate=aggregate) for n in range(3)]
    other = outbox.insert(topic, aggregate="other")
    daemon = outrider.run(config=NOT_ALLOWED)
    daemon.wait_until(lambda: outbox.value("SELECT dead_at IS NOT NULL FROM {table} WHERE {id} = %s", bad), 20,
                      "the row is dead")
    daemon.wait_until(lambda: all(outbox.row(one)[0] for one in followers + [other]), 20, "the rows behind it")
    assert outbox.row(bad) == (False, 2)
    assert [record.message_id for record in observer.read(topic) if record.key == aggregate.encode()] == followers


# type of aggregate_id -> two values
TYPES = {
    "text": ("'a'", "'b'"),
    "varchar(20)": ("'a'", "'A'"),
    "char(5)": ("'a'", "'b'"),
    "uuid": ("'00000000-0000-0000-0000-00000000000a'", "'00000000-0000-0000-0000-00000000000b'"),
    "integer": ("1", "2"),
    "bigint": ("9223372036854775807", "-9223372036854775808"),
    "numeric": ("1.0", "1.00"),
    "boolean": ("true", "false"),
    "bytea": ("'\\x00ff'", "'\\x00fe'"),
    "json": ("'{\"a\": 1}'", "'{\"a\":1}'"),
    "jsonb": ("'{\"a\": 1}'", "'{\"a\": 2}'"),
    "timestamptz": ("'2026-01-01 00:00Z'", "'infinity'"),
    "timestamp": ("'2026-01-01'", "'2026-01-02'"),
    "date": ("'2026-01-01'", "'2026-01-02'"),
    "interval": ("'1 day'", "'2 days'"),
    "inet": ("'10.0.0.1'", "'10.0.0.2'"),
    "integer[]": ("'{1,2}'", "'{1,3}'"),
    "kind": ("'one'", "'two'"),
    "name_of": ("'a'", "'b'"),
    "bytes_of": ("'\\x00'", "'\\x01'"),
}
BY_THEIR_VALUE = {"timestamptz", "timestamp", "date", "interval", "integer[]", "kind"}


@pytest.mark.parametrize("of", TYPES)
def test_aggregates_of_every_type(outrider, db, make_outbox, observer, topic, of):
    db.execute("CREATE TYPE kind AS ENUM ('one', 'two'); CREATE DOMAIN inner_name AS varchar(30); "
               "CREATE DOMAIN name_of AS inner_name; CREATE DOMAIN bytes_of AS bytea")
    Outbox(db).create()
    db.execute(f"ALTER TABLE outbox_messages ALTER aggregate_id TYPE {of} USING NULL")
    outbox = make_outbox(create=False)
    assert [row[0] for row in db.execute(INDEXES)] == [BY_VALUE if of in BY_THEIR_VALUE else BY_HASH]
    ids = []
    for value, state in ((0, "now() + interval '1 hour'"), (0, "NULL"), (1, "NULL")):
        aggregate = TYPES[of][value].replace("{", "{{").replace("}", "}}")
        ids.append(str(outbox.value(
            "INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}, next_attempt_at) "
            f"VALUES (gen_random_uuid(), 'order', {aggregate}, %s, '{{{{}}}}', {state}) RETURNING {{id}}", topic)))
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.row(ids[2])[0], 20, "the other aggregate's row")
    assert [outbox.row(one)[0] for one in ids] == [False, False, True]
    outbox.run("UPDATE {table} SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    daemon.wait_until(lambda: outbox.unpublished() == 0, 20, "all rows published")
    places = {record.message_id: record.offset for record in observer.read(topic)}
    assert set(places) == set(ids) and places[ids[0]] < places[ids[1]]


def scans(db, index):
    return db.execute(SCANS, (index,)).fetchone()[0]


def test_a_table_of_an_earlier_outrider_is_served_and_mended(outrider, outbox, db, writers, observer, topic, settled):
    """By apply, beside writers and a relay: what waits is found all the while, and everything is sent once and in order."""
    db.execute(EARLIER)
    before = outrider.command("schema", "status").expect(1).stdout
    assert before.count("\npending ") == 2 and "waiting index" in before
    found = [json.loads(line) for line in outrider.command("check", "--json").stdout.splitlines()]
    assert {(one["code"], one["command"]) for one in found} == {("schema-pending", "outrider schema apply")}
    held = [waits(outbox, topic, f"held-{n}") for n in range(20)]
    daemon = outrider.run("-o", "outbox.batch_size=20")
    at_work = writers(threads=3, transactions=400, aggregates=8)
    daemon.wait_until(lambda: outbox.published() > 100, 30, "rows on their way")
    daemon.wait_until(lambda: scans(db, BY_VALUE) > 0, 20, "the earlier index is used")
    outrider.command("schema", "apply").expect(0)
    assert [row[0] for row in db.execute(INDEXES)] == [BY_HASH]
    daemon.wait_until(lambda: scans(db, BY_HASH) > 100, 30, "the new index is used")
    ledger = at_work.join()
    assert outrider.command("schema", "apply", "--dry-run").expect(0).stdout == "-- nothing to do\n"
    daemon.wait_until(lambda: outbox.unpublished() == 40, 60, "all but what waits, and what is behind it")
    assert not any(outbox.row(one)[0] for pair in held for one in pair)
    outbox.run("UPDATE {table} SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
    settled(daemon)
    records = observer.read(topic)
    own = [record for record in records if not record.key.startswith(b"held-")]
    judge(own, ledger, outbox.marked_ids({entry.message_id for entry in ledger.committed})
          - {one for pair in held for one in pair}).assert_perfect()
    places = {record.message_id: record.offset for record in records}
    assert all(places[head] < places[follower] for head, follower in held)


@pytest.mark.parametrize("slots", [1, 4])
def test_the_earlier_index_serves_until_then(outrider, outbox, db, topic, slots):
    """A look at a row is one at the index of what waits, and not at the queue."""
    db.execute(EARLIER)
    waiting, rest = 50, 2000
    with db.transaction():
        held = [waits(outbox, topic, f"held-{n}") for n in range(waiting)]
        outbox.fill(topic, rest, aggregates=rest)
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.unpublished() == 2 * waiting, 60, "the others published")
    assert not any(outbox.row(follower)[0] for _, follower in held)
    daemon.wait_until(lambda: scans(db, BY_VALUE) >= rest, 10, "a look for each row")


def test_the_printed_mend(schema, db):
    schema("apply").expect(0)
    reference = schema.dump()
    db.execute(EARLIER)
    script = schema("print", "--from", "2").expect(0).stdout
    for _ in range(2):
        schema.psql(script)
        assert schema.dump() == reference
        assert schema("status").expect(0).stdout.count("pending") == 0


def test_a_table_of_an_earlier_outrider_is_reverted(schema, db):
    schema("apply", "--to", "1").expect(0)
    reference = schema.dump()
    schema("apply").expect(0)
    db.execute(EARLIER)
    schema("revert").expect(0)
    assert schema.dump() == reference


def test_a_build_that_was_cut_short_is_gone_on_with(schema, db):
    """The new index is invalid, and the earlier one still there."""
    schema("apply").expect(0)
    reference = schema.dump()
    db.execute("CREATE INDEX outbox_messages_outrider_waiting ON outbox_messages (aggregate_id, seq)"
               " WHERE next_attempt_at IS NOT NULL AND published IS NOT TRUE AND dead_at IS NULL")
    db.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s::regclass", (BY_HASH,))
    assert "invalid, will be rebuilt" in schema("status").expect(1).stdout
    schema("apply").expect(0)
    assert schema.dump() == reference
    assert [row[0] for row in db.execute(INDEXES)] == [BY_HASH]
