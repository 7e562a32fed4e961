# SPDX-License-Identifier: Apache-2.0
"""A row that PostgreSQL cannot read, cannot mark, or cannot count an attempt against costs itself
and its aggregate, and nothing else: all others go, and it ends as a dead letter that names why."""

import json
import os
import threading

import pytest

from support.monitor import ANYWHERE, Monitor
from support.rows import HUGE, damage

FAST = {"outbox": {"retry_backoff": "50ms", "retry_backoff_max": "100ms", "max_retries": 2}}


@pytest.fixture
def version():
    return 2


def own_headers(outbox, kind):
    outbox.run(f"ALTER TABLE {{table}} ALTER headers TYPE {kind} USING headers::text::{kind}")


def around(outbox, topic, make_bad, rows=20):
    """Good rows, one bad one of the aggregate `bad` and its follower, and good rows behind. Its id."""
    before = [outbox.insert(topic, aggregate=f"a-{n}") for n in range(rows)]
    bad = make_bad()
    follower = outbox.insert(topic, aggregate="bad")
    after = [outbox.insert(topic, aggregate=f"b-{n}") for n in range(rows)]
    return bad, follower, before + after


def all_but_it(daemon, outbox, good, timeout=20):
    daemon.wait_until(lambda: set(good) <= outbox.marked_ids(good), timeout, "all other aggregates")


def is_dead(daemon, outbox, bad, timeout=30):
    daemon.wait_until(lambda: outbox.value("SELECT dead_at IS NOT NULL FROM {table} WHERE {id} = %s",
                                           bad), timeout, "the bad row is dead")


def why(outbox, bad):
    return outbox.run("SELECT error_class, last_error FROM {table} WHERE {id} = %s", bad).fetchone()


def died_of(daemon, bad):
    """The codes of its failures, as the log has them."""
    return {line["code"] for line in daemon.events()
            if line["event"] in ("message_failed", "message_dead") and line["id"] == bad}


def insert_headers(outbox, topic, headers):
    bad = outbox.insert(topic, aggregate="bad")
    outbox.run("UPDATE {table} SET headers = %s WHERE {id} = %s", headers, bad)
    return bad


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("headers", ['{"t": "\\u0000"}', '{"t": "\\ud800"}', '{"t": 1e999999}'])
def test_headers_that_jsonb_refuses(outrider, outbox, topic, headers, observer, slots):
    own_headers(outbox, "json")
    bad, follower, good = around(outbox, topic, lambda: insert_headers(outbox, topic, headers))
    daemon = outrider.run(config=FAST)
    all_but_it(daemon, outbox, good)
    is_dead(daemon, outbox, bad)
    daemon.wait_until(lambda: outbox.row(follower)[0], 10, "its follower")
    assert died_of(daemon, bad) <= {"22P05", "22P02", "22003"} and died_of(daemon, bad)
    assert "PostgreSQL cannot read the row" in why(outbox, bad)[1]
    assert sorted(record.message_id for record in observer.read(topic)) == sorted(good + [follower])


@pytest.mark.parametrize("column", ["payload", "headers"])
def test_a_text_above_1_gb(outrider, outbox, topic, column):
    def huge():
        bad = outbox.insert(topic, aggregate="bad")
        value = HUGE if column == "payload" else f"jsonb_build_object('h', {HUGE})"
        outbox.run(f"UPDATE {{table}} SET {column} = {value} WHERE {{id}} = %s", bad)
        return bad

    bad, follower, good = around(outbox, topic, huge)
    daemon = outrider.run(config={"outbox": {"max_retries": 1}}) # each try takes seconds
    all_but_it(daemon, outbox, good, 60)
    is_dead(daemon, outbox, bad, 60)
    daemon.wait_until(lambda: outbox.row(follower)[0], 60, "its follower")
    assert died_of(daemon, bad) <= {"54000", "XX000"} and died_of(daemon, bad)


def test_names_that_together_are_above_1_gb(outrider, outbox, topic):
    def huge():
        bad = outbox.insert(topic, aggregate="huge")
        for column in ("aggregate_id", "event_type"):  # one statement cannot write both
            outbox.run(f"UPDATE {{table}} SET {column} = repeat('x', 600000000) WHERE {{id}} = %s", bad)
        return bad

    bad, follower, good = around(outbox, topic, huge)
    daemon = outrider.run(config={"outbox": {"max_retries": 1}})
    all_but_it(daemon, outbox, good + [follower], 60)
    is_dead(daemon, outbox, bad, 60)
    assert died_of(daemon, bad) == {"TOO_LARGE"}
    for command in (["status"], ["dead", "list"], ["dead", "show", bad]):
        shown = outrider.command(*command).expect(0)
        assert "xxx" in shown.stdout and len(shown.stdout) < 30_000
    assert "error" not in outrider.command("check").stdout.replace("0 errors", "")
    outrider.command("dead", "retry", bad).expect(0)
    is_dead(daemon, outbox, bad, 60)
    outrider.command("dead", "discard", bad).expect(0)
    assert daemon.peak_memory() < 100e6


@pytest.mark.parametrize("column", ["payload", "event_type"])
def test_a_damaged_value(outrider, outbox, topic, column):
    value = "to_jsonb(repeat('x', 9000))" if column == "payload" else "repeat('x', 9000)"
    bad, follower, good = around(outbox, topic, lambda: damage(outbox, outbox.insert(topic, aggregate="bad"), column, value))
    daemon = outrider.run(config=FAST)
    all_but_it(daemon, outbox, good)
    is_dead(daemon, outbox, bad)
    daemon.wait_until(lambda: outbox.row(follower)[0], 10, "its follower")
    assert died_of(daemon, bad) == {"XX001"}


@pytest.mark.parametrize("order", ["good first", "bad first"])
def test_a_row_that_shares_its_number_is_not_blamed(outrider, outbox, topic, observer, order):
    own_headers(outbox, "json")
    rows = [outbox.insert(topic, aggregate=f"a-{n}") for n in range(4)]
    bad = insert_headers(outbox, topic, '{"t": "\\u0000"}')
    twin = outbox.insert(topic, aggregate="twin")
    rows += [outbox.insert(topic, aggregate=f"b-{n}") for n in range(4)]
    first, second = (twin, bad) if order == "good first" else (bad, twin)
    outbox.run("UPDATE {table} SET seq = (SELECT seq FROM {table} WHERE {id} = %s) WHERE {id} = %s", first, second)
    daemon = outrider.run(config=FAST)
    is_dead(daemon, outbox, bad)
    all_but_it(daemon, outbox, rows + [twin], 100)  # a sweep looks for what has an equal place
    assert outbox.row(twin) == (True, 0) and died_of(daemon, twin) == set()
    assert sorted(record.message_id for record in observer.read(topic)) == sorted(rows + [twin])


@pytest.mark.parametrize("version", [1, 2])
def test_a_row_without_an_id_is_passed_over(outrider, outbox, topic, observer, version):
    outbox.run("ALTER TABLE {table} DROP CONSTRAINT outbox_messages_pkey, ALTER {id} DROP NOT NULL")
    outbox.run("CREATE UNIQUE INDEX ON {table} ({id})")
    good = [outbox.insert(topic, aggregate=f"a-{n}") for n in range(5)]
    lost = outbox.insert(topic, aggregate="lost")
    outbox.run("UPDATE {table} SET {id} = NULL WHERE {id} = %s", lost)
    good += [outbox.insert(topic, aggregate=f"b-{n}") for n in range(5)]
    daemon = outrider.run(config=FAST)
    all_but_it(daemon, outbox, good)
    assert daemon.terminate() == 0
    assert sorted(record.message_id for record in observer.read(topic)) == sorted(good)
    assert json.loads(outrider.command("status", "--json").expect(0).stdout)["messages"] == 1
    assert '"code":"column-nullable"' in outrider.command("check", "--json").stdout


# --- rows that cannot be marked, and failures that cannot be written

def refuse(outbox, condition, event="UPDATE", deferred=False):
    """From now on a trigger raises for each row for which the condition over NEW or OLD holds; or at COMMIT."""
    kind, when = ("CONSTRAINT", "AFTER") if deferred else ("", "BEFORE")
    outbox.run(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF {condition} THEN RAISE EXCEPTION 'refused by a trigger'; END IF;
            RETURN coalesce(NEW, OLD); END $$;
        CREATE {kind} TRIGGER refuse {when} {event} ON {{table}}
        {"DEFERRABLE INITIALLY DEFERRED" if deferred else ""} FOR EACH ROW EXECUTE FUNCTION refuse()""")


MARK = "OLD.aggregate_id = 'bad' AND NEW.published"
ATTEMPT = "OLD.aggregate_id = 'bad' AND NEW.retry_count > 0"


@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("busy", [False, True])
def test_a_mark_that_a_trigger_refuses(outrider, outbox, topic, observer, busy, slots):
    refuse(outbox, MARK)
    daemon = outrider.run(config=FAST)
    if busy: # windows do not mark before they send any more
        outbox.fill(topic, 2000)
        daemon.wait_until(lambda: outbox.published() == 2000, 20, "a start")
    bad, _, good = around(outbox, topic, lambda: outbox.insert(topic, aggregate="bad"))
    all_but_it(daemon, outbox, good)
    outbox.insert(topic, aggregate="later") # another row that can be marked
    is_dead(daemon, outbox, bad)
    assert why(outbox, bad) == ("message", "PostgreSQL refuses to mark the row (P0001): refused by a trigger")
    line = [event for event in daemon.events() if event["event"] == "mark_refused"]
    assert bad in [event["id"] for event in line] and line[0]["code"] == "P0001"
    copies = [record.message_id for record in observer.read(topic)].count(bad)
    assert copies <= busy * min(slots, 2) # once by each lane


def test_a_row_that_a_constraint_makes_impossible_to_change(outrider, outbox, topic, observer):
    old = outbox.insert(topic, aggregate="bad", payload='{"old": true}')
    outbox.run("ALTER TABLE {table} ADD CHECK (NOT {payload} ? 'old') NOT VALID")
    good = [outbox.insert(topic, aggregate=f"a-{n}") for n in range(20)]
    follower = outbox.insert(topic, aggregate="bad")
    daemon = outrider.run(config=FAST)
    all_but_it(daemon, outbox, good)
    daemon.wait_for_log('"failure_unwritten".*23514')
    for n in range(20):  # others flow, and the row is tried again and again
        other = outbox.insert(topic, aggregate=f"c-{n}")
        daemon.wait_until(lambda: outbox.row(other)[0], 10, "a row of another aggregate")
    assert outbox.row(old) == (False, 0) and not outbox.row(follower)[0]
    outbox.run("ALTER TABLE {table} DROP CONSTRAINT outbox_messages_payload_check")
    daemon.wait_until(lambda: outbox.row(follower)[0], 20, "the row and its follower")
    assert [record.message_id for record in observer.read(topic) if record.key == b"bad"] == [old, follower]
    lines = [event["event"] for event in daemon.events()]
    assert lines.count("failure_unwritten") == 1


@pytest.mark.parametrize("on_published", ["mark", "delete"])
def test_a_table_that_refuses_every_mark_blames_no_row(outrider, outbox, topic, on_published):
    event = "UPDATE" if on_published == "mark" else "DELETE"
    refuse(outbox, "true" if event == "DELETE" else "NEW.published", event)
    rows = [outbox.insert(topic, aggregate=f"a-{n}") for n in range(20)]
    daemon = outrider.run(config=FAST)
    daemon.wait_until(lambda: len(daemon.failures("window_failed")) >= 4, 20, "failed windows")
    assert "no row can be marked" in daemon.failures("window_failed")[0][1]
    assert {outbox.row(row) for row in rows} == {(False, 0)}
    outbox.run("DROP TRIGGER refuse ON {table}")
    daemon.wait_until(lambda: set(rows) <= outbox.marked_ids(rows), 20, "all rows")


RAISED = ["0A000", "08006", "25006", "25P02", "26000", "28000", "3D000", "53100", "57014", "58030", "HV000"]


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("code", RAISED)
def test_a_trigger_can_raise_any_code(outrider, outbox, topic, observer, code, busy):
    """Also one that is mostly the server's: the row is blamed for it after it was refused beside others again and again."""
    outbox.run(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.aggregate_id = 'bad' AND NEW.published THEN RAISE EXCEPTION USING errcode = '{code}', message = 'no'; END IF;
            RETURN NEW; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON {{table}} FOR EACH ROW EXECUTE FUNCTION refuse()""")
    if busy:
        started = outrider.run(config=FAST)
        outbox.fill(topic, 2000, aggregates=2000)
        started.wait_until(lambda: outbox.published() >= 2000, 30, "windows that do not mark first")
    bad, follower, good = around(outbox, topic, lambda: outbox.insert(topic, aggregate="bad"))
    daemon = started if busy else outrider.run(config=FAST)
    all_but_it(daemon, outbox, good)

    def dies():
        outbox.insert(topic, aggregate="another")
        return outbox.value("SELECT dead_at IS NOT NULL FROM {table} WHERE {id} = %s", bad)

    daemon.wait_until(dies, 30, "the bad row is dead")
    assert code in why(outbox, bad)[1] and died_of(daemon, bad) == {code}
    assert sum(record.message_id == bad for record in observer.read(topic)) <= busy


def test_a_mark_that_takes_too_long(outrider, outbox, topic):
    outbox.run("""
        CREATE FUNCTION tarry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.aggregate_id = 'bad' AND NEW.published THEN PERFORM pg_sleep(60); END IF;
            RETURN NEW; END $$;
        CREATE TRIGGER tarry BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION tarry()""")
    bad, follower, good = around(outbox, topic, lambda: outbox.insert(topic, aggregate="bad"))
    daemon = outrider.run(config=FAST | {"database": {"statement_timeout": "1s", "lock_timeout": "100ms"}})
    all_but_it(daemon, outbox, good, 30)

    def dies():
        outbox.insert(topic, aggregate="another")
        return outbox.value("SELECT dead_at IS NOT NULL FROM {table} WHERE {id} = %s", bad)

    daemon.wait_until(dies, 60, "the bad row is dead")
    assert died_of(daemon, bad) == {"57014"}


@pytest.mark.parametrize("version", [1, 2])
def test_a_lone_row_that_cannot_be_marked_is_not_blamed(outrider, outbox, topic, version):
    refuse(outbox, MARK)
    bad = outbox.insert(topic, aggregate="bad")
    daemon = outrider.run(config=FAST)
    daemon.wait_for_log('"mark_refused"')
    assert outbox.row(bad) == (False, 0)
    outbox.run("DROP TRIGGER refuse ON {table}")
    daemon.wait_until(lambda: outbox.row(bad)[0], 20, "the row")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("dead_topic", [False, True])
def test_an_attempt_that_cannot_be_counted(outrider, outbox, topic, kafka, observer, version, dead_topic):
    refuse(outbox, ATTEMPT)
    refused = kafka.topic_name("refused")
    config = {"outbox": FAST["outbox"] | ({"dead_topic": kafka.create_topic(kafka.topic_name("dead"))}
                                          if dead_topic else {}),
              "message": {"topics_allow": [topic]}}
    bad, follower, good = around(outbox, topic, lambda: outbox.insert(refused, aggregate="bad"))
    daemon = outrider.run(config=config)
    all_but_it(daemon, outbox, good)
    daemon.wait_for_log('"failure_unwritten".*P0001')
    assert outbox.row(bad) == (False, 0) and not outbox.row(follower)[0]
    assert "message_dead" not in daemon.text()
    outbox.run("DROP TRIGGER refuse ON {table}")
    daemon.wait_until(lambda: outbox.row(follower)[0], 20, "its follower")
    assert outbox.given_up(2) == 1


@pytest.mark.parametrize("slots", [1, 4])
def test_a_row_in_quarantine_is_no_work(outrider, outbox, topic, kafka, db, database, postgres, slots):
    """It is due in the table, and waits in memory: an idle lane's polls lead to no window for it."""
    refuse(outbox, "OLD.aggregate_id = 'bad' AND NEW.retry_count > 1")
    db.execute(f"ALTER DATABASE {database} SET log_statement = 'all'")
    bad = outbox.insert(kafka.topic_name("refused"), aggregate="bad", retry_count=1)
    outbox.run("UPDATE {table} SET next_attempt_at = now() WHERE {id} = %s", bad)
    daemon = outrider.run(config={"outbox": {"retry_backoff": "10m", "retry_backoff_max": "10m"},
                                  "message": {"topics_allow": [topic]}})
    daemon.wait_for_log('"failure_unwritten".*P0001')
    begin = os.path.getsize(postgres.log)

    def logged(words):
        with open(postgres.log, encoding="utf-8", errors="replace") as log:
            log.seek(begin)
            return log.read().count(words)

    daemon.wait_until(lambda: logged("transaction_read_only") >= 30, 30, "30 polls")
    assert logged("BEGIN ISOLATION") < 10


@pytest.mark.parametrize("change, written", [
    ("ALTER last_error TYPE varchar(50), ALTER error_class TYPE varchar(3)",
     ("mes", "no pattern of message.topics_allow matches the top")),  # cut to the columns
    ("ADD CHECK (length(last_error) < 20)", ("message", "TOPIC_NOT_ALLOWED"))])  # the code instead of the text
def test_a_reason_that_does_not_fit_is_written_as_far_as_it_does(outrider, outbox, topic, kafka, change, written):
    outbox.run(f"ALTER TABLE {{table}} {change}")
    bad, follower, good = around(outbox, topic,
                                 lambda: outbox.insert(kafka.topic_name("refused"), aggregate="bad"))
    daemon = outrider.run(config=FAST | {"message": {"topics_allow": [topic]}})
    all_but_it(daemon, outbox, good + [follower])
    is_dead(daemon, outbox, bad)
    assert why(outbox, bad) == written


def test_rows_that_a_trigger_passes_over_are_named(outrider, outbox, topic, observer):
    outbox.run("""
        CREATE FUNCTION pass_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RETURN CASE WHEN OLD.aggregate_id = 'bad' THEN NULL ELSE NEW END; END $$;
        CREATE TRIGGER pass_over BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION pass_over()""")
    daemon = outrider.run(config=FAST)
    outbox.fill(topic, 2000)
    daemon.wait_until(lambda: outbox.published() == 2000, 20, "a start")
    bad, _, good = around(outbox, topic, lambda: outbox.insert(topic, aggregate="bad"))
    all_but_it(daemon, outbox, good)
    daemon.wait_for_log(f'"mark_refused".*{bad}.*SHORT')
    later = outbox.insert(topic, aggregate="later")
    daemon.wait_until(lambda: outbox.row(later)[0], 10, "a later row")
    assert [record.message_id for record in observer.read(topic)].count(bad) == 1


@pytest.mark.parametrize("what", [MARK, ATTEMPT])
@pytest.mark.parametrize("head", [False, True])
def test_what_only_commit_would_refuse(outrider, outbox, topic, kafka, what, head):
    refuse(outbox, what, deferred=True)
    of_bad = topic if what == MARK else kafka.topic_name("refused")
    bad, _, good = around(outbox, topic, lambda: outbox.insert(of_bad, aggregate="bad"), rows=0 if head else 20)
    good = good or [outbox.insert(topic, aggregate=f"b-{n}") for n in range(20)]
    daemon = outrider.run(config=FAST | {"message": {"topics_allow": [topic]}})
    all_but_it(daemon, outbox, good)
    if what == MARK:
        outbox.insert(topic, aggregate="later")  # another row that can be marked
        is_dead(daemon, outbox, bad)
    else:
        daemon.wait_for_log(f'"failure_unwritten".*{bad}.*P0001')
    assert outbox.row(bad) == (False, 2 if what == MARK else 0)


@pytest.mark.parametrize("what", ["published", "retry_count > 0"])
def test_a_tenant_with_thousands_of_bad_rows(outrider, outbox, topic, kafka, what):
    refuse(outbox, f"left(OLD.aggregate_id, 3) = 'bad' AND NEW.{what}")
    outbox.fill(topic if what == "published" else kafka.topic_name("refused"), 1300, aggregates=1300, prefix="bad")
    outbox.fill(topic, 1300, aggregates=1300, prefix="good")
    daemon = outrider.run(config={"outbox": {"max_retries": 2}, "message": {"topics_allow": [topic]}})
    daemon.wait_until(lambda: outbox.published() == 1300, 60, "the others' rows")
    assert outbox.value("SELECT count(*) FROM {table} WHERE left({aggregate_id}, 4) = 'good' AND {retry_count} > 0") == 0


# What a trigger does with each row of a crowd.
CROWDS = {code: f"RAISE EXCEPTION USING errcode = '{code}', message = 'no'" for code in [*RAISED, "ABC01", "23514"]
          if code not in ("53100", "58030")} | {  # those are the server's, in a crowd
    "SHORT": "RETURN NULL",
    "UNDONE": "NEW.published := OLD.published",
    "55P03": "UPDATE counters SET value = value + 1",
}


@pytest.mark.parametrize("code, rows", [*((code, 6) for code in CROWDS), *((code, 60) for code in ("ABC01", "SHORT", "55P03"))])
def test_a_crowd_whatever_its_code(outrider, outbox, topic, connect, code, rows):
    """The crowd is in front of the others, and among them. Of those that wait for another session none is blamed."""
    outbox.run(f"""
        CREATE TABLE counters (value int);
        INSERT INTO counters VALUES (0);
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF left(NEW.aggregate_id, 3) = 'bad' AND NEW.published THEN {CROWDS[code]}; END IF;
            RETURN NEW; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON {{table}} FOR EACH ROW EXECUTE FUNCTION refuse()""")
    connect(autocommit=False).execute("UPDATE counters SET value = 1")
    bad, good = [], []
    for n in range(rows):
        bad.append(outbox.insert(topic, aggregate=f"bad-{n}"))
        good += [outbox.insert(topic, aggregate=f"good-{n}")] if n > rows / 2 else []
    good += [outbox.insert(topic, aggregate=f"later-{n}") for n in range(20)]
    daemon = outrider.run(config=FAST | {"database": {"lock_timeout": "500ms"}})
    all_but_it(daemon, outbox, good, 30)
    if code == "55P03":
        assert outbox.value("SELECT sum({retry_count}) FROM {table}") == 0
        return

    def die():
        outbox.insert(topic, aggregate="another")
        return outbox.value("SELECT count(*) FROM {table} WHERE dead_at IS NOT NULL") == rows
    daemon.wait_until(die, 60, "the crowd is dead")
    assert died_of(daemon, bad[0]) == {code}
    assert outbox.value("SELECT count(*) FROM {table} WHERE left({aggregate_id}, 3) <> 'bad' AND {retry_count} > 0") == 0


def test_thousands_of_rows_that_nothing_can_be_written_of(outrider, outbox, topic):
    """Old rows that a NOT VALID constraint makes impossible to change wait in memory; their retries have a share of the time."""
    old, new = 4000, 300
    outbox.fill(topic, old, aggregates=old, prefix="old")
    outbox.run("ALTER TABLE {table} ADD CHECK (left({aggregate_id}, 3) <> 'old') NOT VALID")
    monitor = Monitor(outrider.run(config=ANYWHERE))
    outbox.fill(topic, new, aggregates=new, prefix="new")
    monitor.daemon.wait_until(lambda: outbox.published() == new, 60, "the new rows")
    for n in range(40):  # while the old ones are tried again
        row = outbox.insert(topic, aggregate=f"new-{n}")
        monitor.daemon.wait_until(lambda: outbox.row(row)[0], 5, "a row that comes later")
    assert monitor.metric("outrider_quarantined_rows") == old
    outbox.run("DELETE FROM {table} WHERE NOT {published}")
    monitor.wait_for(lambda m: m.metric("outrider_quarantined_rows") == 0, 20, "none")


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("aggregates", [1, 1000])
def test_a_tenant_among_the_bad_rows_of_another(outrider, outbox, topic, version, aggregates):
    """The newest rows are bad, most others too, and no row is inserted afterwards."""
    refuse(outbox, "left(OLD.aggregate_id, 3) = 'bad' AND NEW.published")
    good = []
    for n in range(20):
        outbox.fill(topic, 25, aggregates=min(aggregates, 25), prefix=f"bad-{n if aggregates > 1 else ''}")
        good.append(outbox.insert(topic, aggregate=f"good-{n}"))
        outbox.fill(topic, 25, aggregates=min(aggregates, 25), prefix=f"bad-{n if aggregates > 1 else ''}x")
    daemon = outrider.run()
    all_but_it(daemon, outbox, good, 60)
    assert outbox.value("SELECT count(*) FROM {table} WHERE left({aggregate_id}, 4) = 'good' AND {retry_count} > 0") == 0


@pytest.mark.parametrize("version", [1, 2])
def test_a_table_that_refuses_every_mark_is_not_asked_about_each_row(outrider, outbox, topic, version):
    """Of thousands of rows that were sent a few are tried alone, and then the window fails."""
    outbox.run("CREATE SEQUENCE tries; CREATE TABLE refusing (yes bool); INSERT INTO refusing VALUES (false);"
               "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               "IF (SELECT yes FROM refusing) THEN PERFORM nextval('tries'); RAISE 'refused by a trigger'; END IF; "
               "RETURN NULL; END $$; "
               "CREATE TRIGGER refuse BEFORE UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse()")
    daemon = outrider.run("-o", "outbox.batch_size=5000")
    for rows in (10000, 20000, 30000):  # windows do not mark before they send any more
        outbox.fill(topic, 10000, aggregates=100)
        daemon.wait_until(lambda rows=rows: outbox.published() == rows, 30, "a start")
    outbox.run("UPDATE refusing SET yes = true")
    outbox.fill(topic, 5000, aggregates=5000)
    daemon.wait_until(lambda: daemon.failures("window_failed"), 60, "a failed window")
    assert "no row can be marked" in daemon.failures("window_failed")[0][1]
    assert outbox.value("SELECT last_value FROM tries") < 500
    outbox.run("UPDATE refusing SET yes = false")
    daemon.wait_until(lambda: outbox.unpublished() == 0, 60, "all rows")


@pytest.mark.parametrize("kind", ["integer", "bigint"])
def test_a_count_of_attempts_at_its_columns_end(outrider, outbox, topic, kafka, kind):
    outbox.run(f"ALTER TABLE {{table}} ALTER retry_count TYPE {kind}")
    bad, follower, good = around(outbox, topic, lambda: outbox.insert(kafka.topic_name("refused"), aggregate="bad"))
    highest = 2**31 - 1 if kind == "integer" else 2**63 - 1
    outbox.run("UPDATE {table} SET {retry_count} = %s WHERE {id} = %s", highest, bad)
    daemon = outrider.run(config=FAST | {"message": {"topics_allow": [topic]}})
    all_but_it(daemon, outbox, good + [follower])
    is_dead(daemon, outbox, bad)
    assert outbox.row(bad) == (False, highest)
    told, = [event for event in daemon.events() if event["event"] == "message_dead"]
    assert told["id"] == bad and told["attempt"] > 2


def test_a_mark_that_waits_for_another_session(outrider, outbox, topic, connect):
    """Only the row whose trigger meets the lock waits for it, and it is not blamed."""
    outbox.run("CREATE TABLE orders (id text PRIMARY KEY, sent int DEFAULT 0)")
    outbox.run("INSERT INTO orders VALUES ('bad')")
    outbox.run("""
        CREATE FUNCTION note_sent() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            UPDATE orders SET sent = sent + 1 WHERE id = NEW.aggregate_id; RETURN NULL; END $$;
        CREATE TRIGGER note_sent AFTER UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION note_sent()""")
    other = connect(autocommit=False)
    other.execute("UPDATE orders SET sent = 9")
    bad, follower, good = around(outbox, topic, lambda: outbox.insert(topic, aggregate="bad"))
    daemon = outrider.run(config=FAST | {"database": {"lock_timeout": "200ms"}})
    all_but_it(daemon, outbox, good, 60)
    assert outbox.row(bad) == (False, 0)
    other.rollback()
    daemon.wait_until(lambda: outbox.row(follower)[0], 20, "the row and its follower")
    assert outbox.row(bad) == (True, 0)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("held", [False, True])
def test_a_damaged_aggregate(outrider, outbox, topic, connect, version, held):
    bad, follower, good = around(outbox, topic, lambda: damage(outbox, outbox.insert(topic, aggregate="bad"), "aggregate_id",
                                                               "repeat('x', 9000)"))
    if held:  # the floor does not rise past the row
        connect(autocommit=False).execute("SELECT pg_current_xact_id()")
    daemon = outrider.run(config=FAST)
    all_but_it(daemon, outbox, good + [follower])
    dead = "dead_at IS NOT NULL" if version == 2 else "retry_count >= 2"
    daemon.wait_until(lambda: outbox.value("SELECT " + dead + " FROM {table} WHERE {id} = %s", bad), 30,
                      "the bad row is dead")
    assert died_of(daemon, bad) == {"XX001"}


def test_the_gauge_ends_with_the_row(outrider, outbox, topic):
    refuse(outbox, MARK)
    monitor = Monitor(outrider.run(config=ANYWHERE | {"outbox": {"retry_backoff": "3s", "max_retries": 2}}))
    bad, follower, good = around(outbox, topic, lambda: outbox.insert(topic, aggregate="bad"))
    all_but_it(monitor.daemon, outbox, good)
    monitor.wait_for(lambda m: "outrider_quarantined_rows 0" not in m.get("/metrics"), 10, "rows in quarantine")
    outbox.insert(topic, aggregate="later")
    is_dead(monitor.daemon, outbox, bad)
    is_dead(monitor.daemon, outbox, follower)
    monitor.wait_for(lambda m: "outrider_quarantined_rows 0" in m.get("/metrics"), 10, "none")
    assert "message_dead" in monitor.daemon.text()


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("reconnected", [False, True])
def test_a_row_that_is_deleted_is_forgotten(outrider, outbox, topic, version, reconnected):
    """A row waits in the relay's memory, and its aggregate with it. Whoever deletes the row ends both waits."""
    refuse(outbox, "OLD.payload::text = '[]'")
    monitor = Monitor(outrider.run(config=ANYWHERE | {"outbox": {"retry_backoff": "5m"}}))
    bad, follower, good = around(outbox, topic, lambda: outbox.insert(topic, aggregate="bad", payload="[]"))
    all_but_it(monitor.daemon, outbox, good)
    monitor.wait_for(lambda m: m.metric("outrider_quarantined_rows") > 0, 20, "a row in quarantine")
    if reconnected:
        outbox.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'outrider'")
        monitor.daemon.wait_for_log('"window_failed"')
    outbox.run("DELETE FROM {table} WHERE {id} = %s", bad)
    monitor.wait_for(lambda m: m.metric("outrider_quarantined_rows") == 0, 20, "none")
    monitor.daemon.wait_until(lambda: outbox.row(follower)[0], 20, "its follower")


def test_a_locked_table_is_no_empty_one(outrider, outbox, topic, observer, connect):
    """A lock of the whole table makes a claim fail. If it were taken for a queue without rows, a row would be overtaken."""
    daemon = outrider.run(config={"database": {"lock_timeout": "200ms"}})
    outbox.fill(topic, 5)
    daemon.wait_until(lambda: outbox.unpublished() == 0, 20, "a start")
    writer, locker = connect(autocommit=False), connect(autocommit=False)
    first = outbox.insert(topic, aggregate="X", connection=writer)
    second = outbox.insert(topic, aggregate="Y")
    daemon.wait_until(lambda: outbox.row(second)[0], 10, "a row behind one that is not committed yet")
    waiting = threading.Thread(target=lambda: locker.execute(outbox.statement("LOCK TABLE {table} IN EXCLUSIVE MODE")))
    waiting.start()
    daemon.wait_until(lambda: outbox.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'ExclusiveLock'") > 0,
                      10, "the lock is waited for")
    writer.commit()
    waiting.join()
    daemon.wait_until(lambda: daemon.failures("window_failed"), 20, "a window that says so")
    third = outbox.insert(topic, aggregate="X", connection=locker)
    locker.commit()
    daemon.wait_until(lambda: outbox.row(third)[0] and outbox.row(first)[0], 70, "both rows")
    assert [record.message_id for record in observer.read(topic) if record.key == b"X"] == [first, third]


# --- memory

@pytest.mark.parametrize("column", ["headers", "aggregate_id", "payload"])
def test_every_text_counts_for_a_batch(outrider, outbox, topic, column):
    value = {"headers": "jsonb_build_object('h', noise)", "payload": "to_jsonb(noise)",
             "aggregate_id": "noise || {id}"}[column]
    outbox.fill(topic, 300, aggregates=300)
    outbox.run(f"UPDATE {{table}} SET {column} = {value} FROM (SELECT string_agg(md5(n::text), '') AS noise "
               "FROM generate_series(1, 12000) n) once")  # 384 kB each, 115 MB together
    daemon = outrider.run(config={"message": {"key": "aggregate_type"}, "kafka": {"message.max.bytes": 1000000}})
    daemon.wait_until(lambda: outbox.unpublished() == 0, 60, "all rows")
    assert daemon.peak_memory() < 80 * 2**20
