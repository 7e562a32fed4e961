# SPDX-License-Identifier: Apache-2.0
"""A bad configuration is refused before anything is touched: all errors at once, with their place."""

import os

import pytest

CONFIGURATION, USAGE = 78, 64


def write(outrider, text):
    path = os.path.join(outrider.base, "bad.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


@pytest.mark.parametrize("command", ["run", "drain"])
def test_every_error_in_one_run(outrider, command):
    path = write(outrider, "outbox:\n  batch_sise: 10\n  ordering: sideways\n  poll_min: soon\n"
                           "kafka:\n  acks: 1\nlog:\n  level: info\n  level: debug\n")
    result = outrider.command(command, "-c", path, file=False).expect(CONFIGURATION)
    for place in ("bad.yaml:2:", "bad.yaml:3:", "bad.yaml:4:", "bad.yaml:6:", "bad.yaml:9:"):
        assert place in result.stderr, result.stderr
    assert "batch_size" in result.stderr, "the nearest known name"
    assert "key" in result.stderr and "none" in result.stderr, "what is allowed"


@pytest.mark.parametrize("setting, reason", [
    ("acks=1", "acks"), ("enable.idempotence=false", "idempotence"),
    ("test.mock.num.brokers=3", "test.mock"), ("message.timeout.ms=5000", "message.timeout.ms"),
    ("no.such.property=1", "no.such.property"),
])
def test_what_would_lose_messages_is_refused(outrider, outbox, setting, reason):
    name, value = setting.split("=")
    result = outrider.drain(config={"kafka": {name: value}}).expect(CONFIGURATION)
    assert reason in result.stderr


@pytest.mark.parametrize("setting", ["kafka.acks=0", "outbox.batch_size=-1", "outbox.nothing=1", "nonsense"])
def test_overrides_are_checked_too(outrider, setting):
    assert outrider.drain("-o", setting).code in (CONFIGURATION, USAGE)


def test_a_named_file_that_is_absent(outrider):
    result = outrider.command("drain", "-c", "/nowhere/outrider.yaml", file=False)
    assert "/nowhere/outrider.yaml" in result.expect(CONFIGURATION).stderr


def test_the_environment_is_checked_and_a_strange_variable_only_warns(outrider, outbox, topic):
    outbox.insert(topic)
    bad = outrider.drain(env={"OUTRIDER_OUTBOX_BATCH_SIZE": "many"}).expect(CONFIGURATION)
    assert "OUTRIDER_OUTBOX_BATCH_SIZE" in bad.stderr
    good = outrider.drain(env={"OUTRIDER_PORT_8467_TCP": "tcp://10.0.0.1:8467"}).expect(0)
    assert "OUTRIDER_PORT_8467_TCP" in good.stderr
    assert outbox.unpublished() == 0


def test_option_beats_environment_beats_file(outrider, outbox, observer, topic):
    outbox.insert("somewhere")
    env = {"OUTRIDER_MESSAGE_TOPIC": "environment.topic"}
    outrider.drain("-o", f"message.topic={topic}", env=env, config={"message": {"topic": "file.topic"}})
    assert observer.count(topic) == 1
    assert not {"environment.topic", "file.topic"} & observer.topics()


def test_a_table_that_is_not_there(outrider, database):
    result = outrider.drain("--give-up", "2s", "--max-seconds", "5")
    assert result.code not in (0, 75) and "outbox_messages" in result.stderr, result.output


def test_a_column_that_is_not_there(outrider, make_outbox):
    outbox = make_outbox()
    outbox.run("ALTER TABLE {table} DROP COLUMN {retry_count}")
    result = outrider.drain("--give-up", "2s", "--max-seconds", "5")
    assert result.code not in (0, 75) and "retry_count" in result.stderr, result.output


@pytest.mark.parametrize("arguments", [["no-such-command"], ["drain", "-o"], []])
def test_wrong_usage(outrider, arguments):
    outrider.command(*arguments, file=False).expect(USAGE)
