# SPDX-License-Identifier: Apache-2.0
"""In a database whose encoding has characters that UTF-8 lacks, a row with such a text costs itself alone in every report,
and is shown and found by the text's bytes."""

import json
import unicodedata

import pytest

from support import outrider as relay
from support.monitor import ANYWHERE, Monitor
from support.outbox import Outbox

AWAY = {"kafka": {"bootstrap.servers": "127.0.0.1:9"}}
COLUMNS = {"aggregate_id": "Name of it"}

# Of each encoding: bytes that UTF-8 has no equivalent of, how they are shown, a text with an equivalent, and how that is shown
# where all texts are escaped.
ENCODINGS = {
    "WIN1252": (b"\x81", "\\201", "Größe", "Gr\\366\\337e"),
    "EUC_JP": (b"\xa9\xa1", "\\251\\241", "注文", "\\303\\355\\312\\270"),
    "SQL_ASCII": (b"\x81", "\ufffd", "good", "good"),
}
NEITHER = "\U0001f40e"  # which none of them has, but SQL_ASCII
JSON = ("payload", "headers")
OF_RELAY = ("last_error", "error_class")  # which no lane reads


@pytest.fixture
def database_options(encoding):
    return f"TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'"


@pytest.fixture
def version():
    return 2


@pytest.fixture
def outbox(db, make_outbox):
    """One of its columns has another name."""
    Outbox(db).create()
    db.execute('ALTER TABLE outbox_messages RENAME aggregate_id TO "Name of it"')
    return make_outbox(columns=COLUMNS, create=False)


@pytest.fixture
def told(outrider):
    """Runs a command whose exit code must be this one; what it said, if that is UTF-8 without controls."""

    def tell(*command, code=0, **options):
        outrider.command(*command, **options).expect(code)
        with open(outrider.logs[-1], "rb") as log:
            text = log.read().decode().split("\n", 1)[1]
        assert not {char for char in text if char != "\n" and unicodedata.category(char) in ("Cc", "Cf")}, text
        return text

    return tell


@pytest.fixture
def listed(told):
    """The rows of `dead list --json` by their ids."""
    return lambda *options: {one["id"]: one for one in map(json.loads, told("dead", "list", "--json", *options).splitlines())}


def bury(outbox, message_id, error):
    outbox.run("UPDATE {table} SET dead_at = now(), last_error = %s, error_class = 'message', headers = %s WHERE {id} = %s",
               error, json.dumps({"h": error}), message_id)
    return message_id


def spoil(outbox, message_id, column, value):
    """Gives the column these bytes."""
    name = "{" + column + "}" if column in outbox.columns else column
    outbox.run(f"UPDATE {{table}} SET {name} = convert_from(%s, getdatabaseencoding())" + ("::jsonb" if column in JSON else "")
               + " WHERE {id} = %s", value, message_id)
    return message_id


@pytest.mark.parametrize("column", ["aggregate_type", "aggregate_id", "event_type", "payload", "headers", "last_error", "error_class"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_text_without_an_equivalent(outrider, outbox, told, listed, topic, encoding, column):
    """A waiting row and a dead one have it, and beside each is one that does not."""
    bad, shown, good, escaped = ENCODINGS[encoding]
    text = '{"n": "%s"}' % shown if column in JSON else f"{topic}.{shown}"
    value = b'{"n": "%s"}' % bad if column in JSON else topic.encode() + b"." + bad
    fails = encoding != "SQL_ASCII"
    waiting, dead = (
        [outbox.insert(topic, aggregate=good, aggregate_type=good, payload=json.dumps({"n": good})) for _ in range(2)]
        for _ in range(2))
    for one in dead:
        bury(outbox, one, good)
    sent = outbox.insert("x")
    outbox.run("UPDATE {table} SET {published} = true, {published_at} = {created_at} WHERE {id} = %s", spoil(outbox, sent, "event_type", bad))
    spoil(outbox, waiting[1], column, value)
    spoil(outbox, dead[1], column, value)

    counts = {topic: (1, 1), text: (1, 1)} if column == "event_type" else {topic: (2, 2)}
    status = json.loads(told("status", "--json"))
    assert (status["messages"], status["dead"]) == (2, 2)
    assert {one["topic"]: (one["messages"], one["dead"]) for one in status["topics"]} == counts
    for command in (("status",), ("drain", "--dry-run")):
        assert set(counts) <= set(told(*command).split()), command

    # Dead letters: the good one as it is, of the bad one that text by its bytes.
    letters, table = listed(), told("dead", "list")
    assert list(letters) == dead and all(one in table for one in dead)
    assert (letters[dead[0]]["aggregate_id"], letters[dead[0]]["error"]) == (good, good) and "unreadable" not in letters[dead[0]]
    whole, page = json.loads(told("dead", "show", "--json", dead[1])), told("dead", "show", dead[1])
    assert ("22P05" in page) == fails == whole.get("unreadable", "").startswith("22P05")
    assert text in page or column == "headers"
    if column not in JSON:
        member = {"event_type": "topic", "last_error": "error"}.get(column, column)
        assert letters[dead[1]][member] == whole[member] == text and ("unreadable" in letters[dead[1]]) == fails
    for name, key in (("payload", "n"), ("headers", "h")):
        if column not in JSON or not fails:
            assert whole[name] == (json.loads(text) if name == column else {key: good})
        else:  # one read has both
            assert whole[name] == (text if name == column else '{"%s": "%s"}' % (key, escaped))

    # Selections by what is shown, by other texts, and by one that the encoding lacks.
    option = {"aggregate_id": "--aggregate", "event_type": "--topic", "last_error": "--error"}.get(column)
    if fails and option:
        assert list(listed(option, text)) == dead[1:]
    assert dead[0] in listed("--aggregate", good, "--topic", topic, "--error", good)
    assert listed("--aggregate", NEITHER) == {}
    assert told("dead", "retry", "--all", "--dry-run").splitlines()[-1].split()[3] == "2"

    found = [json.loads(line) for line in told("check", "--json", code=1).splitlines()]
    assert not [one for one in found if one["severity"] == "skipped"], found
    unsendable = fails and column not in OF_RELAY
    assert [waiting[1] in one["detail"] for one in found if one["code"] == "row-unreadable"] == [True] * unsendable

    monitor = Monitor(outrider.run(config=ANYWHERE | AWAY))
    sampled = monitor.wait_for(lambda m: (m.status()["sample"] or m.status()["sample_error"]) and m.status(), 20, "a sample")
    assert sampled["sample_error"] is None
    assert {one["topic"]: (one["messages"], one["dead"]) for one in sampled["sample"]["topics"]} == counts
    reasons = {one["error"] for one in sampled["sample"]["dead_reasons"]}
    assert reasons == {good, text} if column == "last_error" else good in reasons
    assert monitor.metric("outrider_backlog_messages") == 2 and monitor.metric("outrider_dead_messages") == 2
    assert good in monitor.get("/")
    assert monitor.daemon.terminate() == 0

    # A byte that is no UTF-8 is in no topic's name either.
    dies = unsendable or column == "event_type"
    drained = told("drain", config={"outbox": {"max_retries": 1}})
    assert drained.split()[:4] == ["published", str(2 - dies), "dead", str(int(dies))]
    died = dead + waiting[1:] * dies
    assert list(listed()) == died
    retried = told("dead", "retry", dead[1])
    assert dead[1] in retried and set(listed()) == set(died) - {dead[1]}
    told("dead", "discard", "--aggregate", good)
    told("dead", "discard", "--all")
    told("purge", "--older-than", "0s")
    assert outbox.count() == 1 and outbox.row(dead[1]) == (False, 0)


@pytest.mark.parametrize("pooled", [False, True], ids=["direct", "pgbouncer"])
@pytest.mark.parametrize("encoding", ["WIN1252", "EUC_JP"])
def test_many_of_them(outrider, outbox, told, listed, encoding, request, database, pooled):
    """So many that they are not searched for one by one: all texts are escaped, and found by both forms."""
    if pooled:
        dsn = request.getfixturevalue("pgbouncer").dsn(database)
        outrider.config = relay.merge(outrider.config, {"database": {"dsn": dsn}})
    bad, shown, good, escaped = ENCODINGS[encoding]
    outbox.fill("orders", 99)
    outbox.run("UPDATE {table} SET dead_at = now(), last_error = %s, {event_type} = convert_from(%s, getdatabaseencoding())",
               good, b"orders." + bad)
    one = bury(outbox, outbox.insert("orders", aggregate=good), good)
    status = json.loads(told("status", "--json"))
    assert {topic["topic"]: topic["dead"] for topic in status["topics"]} == {"orders": 1, f"orders.{shown}": 99}
    letters = listed()
    assert len(letters) == 100 and letters[one]["aggregate_id"] == escaped
    assert {letter["topic"] for letter in letters.values()} == {"orders", f"orders.{shown}"}
    assert list(listed("--aggregate", escaped)) == list(listed("--aggregate", good)) == [one]
    assert len(listed("--error", escaped)) == 100
    told("dead", "discard", "--topic", f"orders.{shown}")
    assert list(listed()) == [one] and listed()[one]["aggregate_id"] == good
