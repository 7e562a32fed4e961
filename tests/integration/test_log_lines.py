# SPDX-License-Identifier: Apache-2.0
"""The log is whole lines that parse again, whatever is in a row; and the same event does not fill it."""

import json

import pytest

ODD = ['two\nlines', 'tab\tand\rreturn', '"quotes" and \\', '\x1b[31mred\x07', 'level=error event=forged',
       '{"event":"forged"}', 'c1 \x85\x9b', 'separators \u2028\u2029', 'turned \u202egnihtyna', 'naïve 🐎', '%s%n', '\x7f']


def lines_of(daemon):
    return daemon.text().splitlines(keepends=True)


@pytest.fixture
def odd_topics(outbox):
    for number, topic in enumerate(ODD):
        outbox.insert(topic, aggregate=f"a-{number}")


@pytest.mark.usefixtures("odd_topics")
def test_json(outrider, settled, outbox):
    daemon = outrider.run(config={"log": {"level": "info"}})
    daemon.wait_until(lambda: outbox.given_up() == len(ODD), 20, "all rows dead")
    assert daemon.terminate() == 0
    events = [json.loads(line) for line in lines_of(daemon)]
    assert sorted(event["topic"] for event in events if event["event"] == "message_dead") == sorted(ODD)
    assert "forged" not in {event["event"] for event in events}


@pytest.mark.usefixtures("odd_topics")
def test_logfmt_under_the_journal(outrider, outbox):
    """Each line begins with its priority, and nothing in a row begins another one."""
    daemon = outrider.run("-o", "log.format=auto", "-o", "log.level=info", journal=True)
    daemon.wait_until(lambda: outbox.given_up() == len(ODD), 20, "all rows dead")
    assert daemon.terminate() == 0
    lines = lines_of(daemon)
    assert all(line.startswith(("<3>time=", "<4>time=", "<6>time=")) and line.endswith("\n") for line in lines)
    dead = [line for line in lines if " event=message_dead " in line]
    assert len(dead) == len(ODD) and all(line.startswith("<3>") for line in dead)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for line in lines for char in line[:-1])


@pytest.mark.parametrize("level, told", [("info", 20), ("debug", 60)])
def test_a_table_of_poison_rows_does_not_fill_it(outrider, outbox, level, told):
    """20 of a kind in a row, then their number; the rows are all named by `dead list`. Level debug tells all."""
    outbox.fill("not a topic", 60)
    daemon = outrider.run(config={"log": {"level": level}})
    daemon.wait_until(lambda: outbox.given_up() == 60, 20, "all rows dead")
    assert daemon.terminate() == 0
    events = [json.loads(line) for line in lines_of(daemon)]
    assert len([event for event in events if event["event"] == "message_dead"]) == told
    suppressed = [(event["of"], event["suppressed"]) for event in events if event["event"] == "lines_suppressed"]
    assert suppressed == ([("message_dead", 60 - told)] if told < 60 else [])
    assert len(outrider.command("dead", "list", "--json").expect(0).stdout.splitlines()) == 60
