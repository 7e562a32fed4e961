# SPDX-License-Identifier: Apache-2.0
"""A server, or what speaks for it, answers with less than was asked for, in each statement of a connection, a window and
a poll. The relay neither crashes nor believes it: it says so (ANSWER), and connects anew."""

import pytest

from support.mangler import HOWS, Mangler
from support.outrider import merge

ANSWERS = 12  # of a connection's start, its first windows and polls


@pytest.fixture
def mangler(postgres, outrider, database):
    """In front of the relay's PostgreSQL."""
    proxy = Mangler(postgres.port)
    dsn = f"postgresql://postgres@127.0.0.1:{proxy.port}/{database}?sslmode=disable"
    yield proxy, merge(outrider.config, {"database": {"dsn": dsn}})
    proxy.close()


@pytest.mark.parametrize("version, slots, how", [(2, 1, how) for how in HOWS] + [(1, 1, "column"), (2, 4, "column")])
def test_each_answer_of_a_relay(outrider, outbox, mangler, observer, topic, how):
    """Nothing is published that is not a row, nothing counted against one, nothing marked that did not arrive."""
    proxy, config = mangler
    daemon = outrider.run("-o", "outbox.batch_size=1", config=config)  # windows are soon careful no more, and waits short
    ids = {outbox.insert(topic)}
    daemon.wait_until(lambda: outbox.unpublished() == 0, 30, "the first row published")
    for n in range(1, ANSWERS + 1):
        proxy.arm(n, how)
        ids.add(outbox.insert(topic))
        daemon.wait_until(lambda: not proxy.armed(), 30, f"answer {n} changed")
        daemon.wait_until(lambda: outbox.unpublished() == 0, 30, f"rows published after answer {n}")
    assert daemon.terminate() == 0
    assert proxy.fired == ANSWERS
    named = sum(event.get("code") == "ANSWER" for event in daemon.events())
    # Some are not read, and an answer without rows, such as that to the question for rows without a number, may be true.
    least = {"column": ANSWERS // 3, "text": ANSWERS // 3}.get(how, 2)
    assert named >= least
    records = observer.read(topic, timeout=60)
    assert {record.message_id for record in records} == ids
    assert {record.value for record in records} == {b'{"a": 1}'}
    assert outbox.row_counts() == (len(ids), 0)


@pytest.mark.parametrize("command", [("status",), ("dead", "list"), ("purge", "--older-than", "1h", "--dry-run"),
                                     ("schema", "status"), ("schema", "apply"), ("drain", "--dry-run")],
                         ids=lambda words: "-".join(words[:2]))
@pytest.mark.parametrize("how", ["column", "null"])
def test_each_answer_of_a_command(outrider, outbox, mangler, topic, command, how):
    """A command ends with an exit code, however its server answers; at least once it names the answer."""
    proxy, config = mangler
    outbox.insert(topic, retry_count=5)
    named = 0
    step = 3 if command[0] == "schema" else 1  # these have many answers, and each takes long
    for n in range(1, 31, step):
        proxy.arm(n, how)
        result = outrider.command(*command, config=config, timeout=60)
        assert 0 <= result.code < 128, result.output
        assert "Sanitizer" not in result.output
        named += "PostgreSQL answered" in result.output
        if proxy.armed():
            break
    assert named > 0
