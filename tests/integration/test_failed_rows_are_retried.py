# SPDX-License-Identifier: Apache-2.0
"""A failed message counts its attempts, is retried with growing pauses, holds back its aggregate
only, and is left alone at max_retries."""

import pytest

NOT_ALLOWED = {"message": {"topics_allow": ["orders.*"]}}


def configured(**outbox):
    return NOT_ALLOWED | {"outbox": outbox}


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_it_is_left_alone_at_max_retries(outrider, outbox, kafka, observer, topic):
    name = kafka.topic_name("refused")
    bad = outbox.insert(name)
    daemon = outrider.run(config=configured(retry_backoff="50ms", max_retries=3))
    daemon.wait_until(lambda: outbox.row(bad) == (False, 3), 15, "three attempts")
    later = outbox.insert(topic, aggregate="other")
    daemon.wait_until(lambda: outbox.row(later)[0], 5, "another row")
    assert outbox.row(bad) == (False, 3) and name not in observer.topics()


@pytest.mark.parametrize("version", [1, 2])
def test_a_healed_row_arrives_and_says_its_attempt(outrider, outbox, kafka, observer, topic):
    bad = outbox.insert(kafka.topic_name("refused"))
    daemon = outrider.run(config=configured(retry_backoff="100ms", retry_backoff_max="500ms",
                                            max_retries=1000))
    daemon.wait_until(lambda: outbox.row(bad)[1] >= 2, 15, "two attempts")
    outbox.run("UPDATE {table} SET {event_type} = %s WHERE {id} = %s", topic, bad)
    daemon.wait_until(lambda: outbox.row(bad)[0], 10, "the healed row")
    (record,) = observer.read(topic)
    assert int(record.header("relay-attempt")) == outbox.row(bad)[1] + 1 >= 3


@pytest.mark.parametrize("version", [1, 2])
def test_pauses_grow(outrider, outbox, kafka):
    bad = outbox.insert(kafka.topic_name("refused"))
    outbox.run("CREATE TABLE attempts (n int, at timestamptz DEFAULT clock_timestamp())")
    outbox.run("""
        CREATE FUNCTION note_attempt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO attempts (n) VALUES (NEW.retry_count); RETURN NULL; END $$;
        CREATE TRIGGER note_attempt AFTER UPDATE OF retry_count ON {table}
        FOR EACH ROW WHEN (OLD.retry_count <> NEW.retry_count) EXECUTE FUNCTION note_attempt()""")
    daemon = outrider.run(config=configured(retry_backoff="200ms", max_retries=5))
    daemon.wait_until(lambda: outbox.row(bad)[1] == 5, 30, "five attempts")
    times = [row[0] for row in outbox.run("SELECT at FROM attempts ORDER BY n")]
    pauses = [(b - a).total_seconds() for a, b in zip(times, times[1:])]
    # Doubling from 200 ms: 0.2 0.4 0.8 1.6, each with jitter down to a half.
    assert len(pauses) == 4 and pauses[3] > pauses[0]
    assert all(pause >= 0.1 * 2**n * 0.95 for n, pause in enumerate(pauses)), pauses


@pytest.mark.parametrize("version, slots", [(1, 1), (2, 1), (2, 4)])
def test_it_holds_back_its_aggregate_only(outrider, outbox, kafka, observer, topic):
    first = outbox.insert(kafka.topic_name("refused"), aggregate="held", age=3)
    second = outbox.insert(topic, aggregate="held", age=2)
    other = outbox.insert(topic, aggregate="free", age=1)
    daemon = outrider.run(config=configured(retry_backoff="200ms", retry_backoff_max="200ms",
                                            max_retries=1000))
    daemon.wait_until(lambda: outbox.row(other)[0], 5, "the row of another aggregate")
    daemon.wait_until(lambda: outbox.row(first)[1] >= 3, 15, "three attempts")
    assert not outbox.row(second)[0]
    third = outbox.insert(topic, aggregate="held")
    outbox.run("UPDATE {table} SET {event_type} = %s WHERE {id} = %s", topic, first)
    daemon.wait_until(lambda: outbox.row(third)[0], 10, "the aggregate's last row")
    assert [record.message_id for record in observer.read(topic) if record.key == b"held"] == [
        first, second, third]
    assert outbox.row(second)[1] == outbox.row(third)[1] == 0


@pytest.mark.parametrize("version", [1, 2])
def test_its_aggregate_goes_on_when_it_is_given_up(outrider, outbox, kafka, observer, topic):
    outbox.insert(kafka.topic_name("refused"), aggregate="held", age=3)
    second = outbox.insert(topic, aggregate="held", age=2)
    daemon = outrider.run(config=configured(retry_backoff="50ms", max_retries=3))
    daemon.wait_until(lambda: outbox.row(second)[0], 15, "the row behind")
    assert observer.count(topic) == 1


@pytest.mark.parametrize("version, slots", [(2, 1), (2, 4)])
def test_a_restart_remembers_who_waits(outrider, outbox, kafka, observer, topic):
    first = outbox.insert(kafka.topic_name("refused"), aggregate="held", age=3)
    second = outbox.insert(topic, aggregate="held", age=2)
    config = configured(retry_backoff="1h", retry_backoff_max="1h")
    daemon = outrider.run(config=config)
    daemon.wait_until(lambda: outbox.row(first)[1] == 1, 10, "the first attempt")
    assert daemon.terminate() == 0
    daemon = outrider.run(config=config)
    other = outbox.insert(topic, aggregate="free")
    daemon.wait_until(lambda: outbox.row(other)[0], 5, "the row of another aggregate")
    assert outbox.row(first) == (False, 1) and outbox.row(second) == (False, 0)
    assert [record.message_id for record in observer.read(topic)] == [other]
