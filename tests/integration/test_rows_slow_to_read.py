# SPDX-License-Identifier: Apache-2.0
"""2 kB of jsonb can be 1 GB of text, which PostgreSQL takes seconds to print, and it looks at no time-out meanwhile. Such
rows cost themselves and their aggregates, however many they are and however short statement_timeout is."""

import json
import re
import time

import pytest

RETRIES = {"retry_backoff": "50ms", "retry_backoff_max": "100ms"}
AWAY = {"kafka": {"bootstrap.servers": "127.0.0.1:9"}}

NUMBER = "1e131071::numeric"  # 131,072 digits of text
MOST = 8000  # of them: 1.05 GB of text, just below what PostgreSQL can print

EITHER = {"57014", "TOO_LARGE"}  # as fast as the machine is

# The statement_timeout in ms, how many slow rows, how much longer than that one takes to print, the column, max_retries, and
# what a row dies of. A call gives up 2 s after statement_timeout: the last case is about that.
CASES = {
    "alone": (500, 1, 2.4, "payload", 2, EITHER),
    "headers": (500, 1, 1.6, "headers", 1, EITHER),
    "many-alone": (500, 3, 1.6, "payload", 1, EITHER),
    "together": (1500, 8, 0.27, "payload", 1, EITHER),
    "unanswered": (200, 1, 16, "payload", 1, {"57014"}),
}


@pytest.fixture(scope="module")
def numbers_of(postgres):
    """How many numbers a row has that PostgreSQL takes so many ms to print, as fast as this machine is."""
    tried, least = 300, None
    with postgres.connect("postgres") as db:
        db.execute(f"CREATE TEMP TABLE slow AS SELECT jsonb_agg({NUMBER}) AS payload FROM generate_series(1, {tried})")
        for _ in range(3):
            began = time.monotonic()
            assert db.execute("SELECT octet_length(payload::text) FROM slow").fetchone()[0] > tried * 131072
            took = (time.monotonic() - began) * 1000
            least = min(took, least or took)
    return lambda ms: min(MOST, max(1, round(tried * ms / least)))


def config(statement_timeout, max_retries):
    return {"database": {"statement_timeout": f"{statement_timeout}ms", "lock_timeout": "100ms"},
            "outbox": RETRIES | {"max_retries": max_retries}}


@pytest.fixture
def version():
    return 2


@pytest.fixture(params=CASES)
def case(request, numbers_of):
    """As CASES has it, but with the numbers of a row."""
    statement_timeout, count, times, *rest = CASES[request.param]
    return statement_timeout, count, numbers_of(statement_timeout * times), *rest


def make_slow(outbox, topic, numbers, aggregate="slow", column="payload"):
    slow = outbox.insert(topic, aggregate=aggregate)
    value = f"(SELECT jsonb_agg({NUMBER}) FROM generate_series(1, {numbers}))"
    if column == "headers":
        value = f"jsonb_build_object('h', {value})"
    outbox.run(f"UPDATE {{table}} SET {column} = {value} WHERE {{id}} = %s", slow)
    return slow


def around(outbox, topic, count, numbers, column="payload"):
    """Good rows, slow ones each with a follower, and good rows behind: the slow ones, the others."""
    good = [outbox.insert(topic, aggregate=f"a-{n}") for n in range(20)]
    slow = []
    for n in range(count):
        slow.append(make_slow(outbox, topic, numbers, f"slow-{n}", column))
        good.append(outbox.insert(topic, aggregate=f"slow-{n}"))
    good += [outbox.insert(topic, aggregate=f"b-{n}") for n in range(20)]
    return slow, good


def died_of(outbox, ids):
    return {code for code, in outbox.run(
        "SELECT CASE WHEN last_error ~ '57014' THEN '57014' WHEN last_error ~ 'larger|bytes' THEN 'TOO_LARGE' ELSE last_error END "
        "FROM {table} WHERE {id} = ANY (%s::uuid[]) AND dead_at IS NOT NULL", ids)}


def test_they_cost_themselves(outrider, outbox, topic, observer, case):
    statement_timeout, count, numbers, column, max_retries, codes = case
    slow, good = around(outbox, topic, count, numbers, column)
    daemon = outrider.run(config=config(statement_timeout, max_retries))
    daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), 100, "all others")
    daemon.wait_until(lambda: outbox.value("SELECT count(*) FROM {table} WHERE dead_at IS NOT NULL") == count, 60, "the slow")
    assert died_of(outbox, slow) <= codes
    assert sorted(record.message_id for record in observer.read(topic)) == sorted(good)
    assert outbox.value("SELECT max({retry_count}) FROM {table} WHERE {id} = ANY (%s::uuid[])", good) == 0
    assert daemon.terminate() == 0


def test_a_drain_ends(outrider, outbox, topic, case):
    statement_timeout, count, numbers, column, max_retries, codes = case
    slow, good = around(outbox, topic, count, numbers, column)
    done = outrider.drain(config=config(statement_timeout, max_retries)).expect(0)
    assert re.search(rf"^published +{len(good)}$", done.stdout, re.MULTILINE), done.output
    assert re.search(rf"^dead +{count}$", done.stdout, re.MULTILINE), done.output
    assert died_of(outbox, slow) <= codes


def test_a_slow_claim_is_no_other_relay(outrider, outbox, topic, numbers_of):
    make_slow(outbox, topic, numbers_of(2500))
    settings = config(60000, 1) | {"log": {"level": "info"}}
    result = outrider.drain(config=settings).expect(0)
    assert "another relay" not in result.output, result.output


def test_what_is_told(outrider, outbox, topic, numbers_of):
    """Within statement_timeout and a little: not one row of a page is without what can be shown of it."""
    numbers = numbers_of(4 * 500)
    dead = [make_slow(outbox, topic, numbers) for _ in range(2)]
    outbox.run("UPDATE {table} SET dead_at = now(), last_error = 'no'")
    good = outbox.insert(topic, aggregate="good")
    waiting = make_slow(outbox, topic, numbers)
    settings = config(500, 5)

    told = json.loads(outrider.command("status", "--json", config=settings).expect(0).stdout)
    assert (told["messages"], told["dead"]) == (2, 2)
    listed = [json.loads(line) for line in outrider.command("dead", "list", "--json", config=settings).expect(0).stdout.splitlines()]
    assert [(one["id"] in dead, one["topic"], one["error"], one["payload_bytes"]) for one in listed] == [(True, topic, "no", None)] * 2
    shown = outrider.command("dead", "show", dead[0], config=settings).expect(0).stdout
    assert "57014" in shown and topic in shown
    checked = [json.loads(line) for line in outrider.command("check", "--json", config=settings).stdout.splitlines()]
    slow, = [one for one in checked if one["code"] == "row-slow"]
    assert waiting in slow["detail"] and good not in slow["detail"]
    outrider.command("dead", "retry", dead[0], config=settings).expect(0)
    outrider.command("dead", "discard", dead[1], config=settings).expect(0)
    assert outbox.count() == 3
