# SPDX-License-Identifier: Apache-2.0
"""A row whose attempts were used up before it was claimed: dead unsent, and what was known of it stays known.

Another relay with a higher max_retries has counted them, or somebody by hand. The row's own reason says why it
failed; that its attempts are used up says nothing that the count does not.
"""

import json
import re

import pytest

REASON = "Broker: Message size too large"


@pytest.fixture
def spent(outbox, topic):
    """A waiting row with so many failed attempts, and the reason of the last one."""
    def make(count, error=REASON, error_class="message", aggregate="a-1"):
        made = outbox.insert(topic, aggregate=aggregate, retry_count=count)
        outbox.run("UPDATE {table} SET last_error = %s, error_class = %s WHERE {id} = %s", error, error_class, made)
        return made
    return make


def reason(outbox, message_id):
    return outbox.value("SELECT (dead_at IS NOT NULL, last_error, error_class, {retry_count})::text FROM {table} "
                        "WHERE {id} = %s", message_id)


@pytest.mark.parametrize("careful", [True, False])
@pytest.mark.parametrize("version", [2])
def test_its_reason_stays(outrider, outbox, spent, topic, observer, careful):
    known = spent(7)
    unknown = spent(5, None, "topic", aggregate="a-2")
    good = outbox.insert(topic, aggregate="a-1")
    if not careful:
        outbox.fill(topic, 20, prefix="early", minutes_ago=10)
    outrider.drain().expect(0)
    assert reason(outbox, known) == f'(t,"{REASON}",message,7)'
    assert reason(outbox, unknown) == '(t,"its attempts were used up before (outbox.max_retries)",message,5)'
    assert good in [record.message_id for record in observer.read(topic)]


# 2147483647 is the most that the column holds.
@pytest.mark.parametrize("count", [5, 2147483647])
@pytest.mark.parametrize("version", [2])
def test_the_log_says_how_often_it_was_tried_and_where_it_was_to_go(outrider, outbox, spent, topic, count):
    made = spent(count)
    result = outrider.drain().expect(0)
    line = json.loads(next(line for line in result.stderr.splitlines() if "message_dead" in line))
    assert (line["id"], line["code"], line["attempt"], line["topic"]) == (made, "EXHAUSTED", count, topic)
    assert re.search(r"failed attempts\s+0", result.stdout)
    assert reason(outbox, made) == f'(t,"{REASON}",message,{count})'


@pytest.mark.parametrize("version", [2])
def test_its_copy_says_the_same(outrider, outbox, spent, topic, kafka, observer):
    made = spent(6)
    graveyard = kafka.create_topic(kafka.topic_name("graveyard"))
    outrider.drain(config={"outbox": {"dead_topic": graveyard}}).expect(0)
    copy = observer.read(graveyard)[0]
    assert (copy.message_id, copy.header("dead-topic"), copy.header("dead-attempts")) == (made, topic, "6")


@pytest.mark.parametrize("version", [2])
def test_a_topic_of_a_spent_row_is_judged_for_the_next_one(outrider, outbox, observer):
    """Both rows name a topic that Kafka has no room for: the second one is refused for that, and not sent."""
    outbox.insert("bad topic!", aggregate="a-1", retry_count=5)
    second = outbox.insert("bad topic!", aggregate="a-2")
    outrider.drain().expect(0)
    assert "letters" in reason(outbox, second) or "character" in reason(outbox, second)


@pytest.mark.parametrize("version", [1, 2])
def test_a_dry_run_does_not_count_it_among_what_would_go(outrider, outbox, topic, version):
    outbox.fill(topic, 3)
    outbox.insert(topic, retry_count=5)
    outbox.insert(topic, retry_count=6)
    result = outrider.drain("--dry-run").expect(0)
    line = next(line for line in result.stdout.splitlines() if topic in line)
    assert line.split()[1:3] == ["3", "2"]
    assert ("not dead yet" in result.stdout) == (version == 2)
