# SPDX-License-Identifier: Apache-2.0
"""check finds what is wrong, says so with a remedy, and finds nothing where nothing is.

Each case makes one thing wrong on a real server and sees it by its code; where the remedy is a
statement, it is run, and the finding must be gone.
"""

import glob
import json
import os
import re
import shlex
import subprocess

import pytest

from support import kafka_broker, need
from support import outrider as relay
from support import postgres as postgres_server
from support import pgbouncer as pgbouncer_server
from support import replica
from support.mock_kafka import MockKafka
from support.process import free_port, wait_until
from support.wall_clock import WallClock

NONE, FOUND, USAGE, CONFIGURATION = 0, 1, 64, 78


@pytest.fixture
def version():
    return 2


@pytest.fixture
def check(outrider):
    """Runs `check --json`; the findings as {code: [object]}, those that were skipped aside."""

    def run(*arguments, **options):
        done = outrider.command("check", "--json", *arguments, **options)
        assert not done.stderr, done.stderr
        found = [json.loads(line) for line in done.stdout.splitlines()]
        for one in found:
            assert set(one) == {"code", "severity", "title", "detail", "remedy", "command", "topics"}
            assert not re.search(r"\{\d\}|\(null\)", json.dumps(one)), one
        codes = {}
        for one in found:
            if one["severity"] != "skipped":
                codes.setdefault(one["code"], []).append(one)
        assert done.code == (FOUND if codes else NONE), done.output
        run.skipped = {one["code"]: one["detail"] for one in found if one["severity"] == "skipped"}
        return codes

    return run


@pytest.fixture
def role(postgres, outbox, make_role, outrider, database):
    """The relay's own role, with the rights that docs/schema.md lists and no other."""
    name = make_role("relay", "SELECT, UPDATE ON outbox_messages")
    outrider.config = relay.merge(outrider.config, {
        "database": {"dsn": postgres.dsn(database, user=name)}})
    return name


@pytest.mark.parametrize("on_published", ["mark"])
@pytest.mark.parametrize("slots", [1, 4])
def test_nothing_is_found_where_nothing_is(check, role, outrider):
    assert check() == {}
    assert set(check.skipped) == {"snapshot-held", "work-refused"}
    assert "pg_read_all_stats" in check.skipped["snapshot-held"]
    assert "none could be inserted (permission denied" in check.skipped["work-refused"]
    assert outrider.command("check").expect(NONE).stdout.endswith("no findings\n")


def test_a_trial_that_is_cut_off_refuses_nothing(check, outbox, topic):
    outbox.insert(topic)
    outbox.run("CREATE FUNCTION dream() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;"
               "CREATE TRIGGER dream BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION dream()")
    assert "work-refused" not in check(config={"database": {"statement_timeout": "2s"}})
    assert "cut off (canceling statement due to statement timeout" in check.skipped["work-refused"]


def test_numbers_that_only_the_server_can_write(check, outbox, outrider, topic):
    """A relay gives a row that lost its number another one."""
    outbox.insert(topic)
    outbox.run("ALTER TABLE {table} ALTER seq DROP DEFAULT, ALTER seq SET NOT NULL, ALTER seq ADD GENERATED ALWAYS AS IDENTITY")
    kind, = check()["column-kind"]
    assert "seq" in kind["detail"] and "IDENTITY" in kind["detail"]
    refused = outrider.drain("--max-seconds", "2")
    assert refused.code != 0 and "DROP IDENTITY" in refused.stderr


def tries(outbox, body):
    """From now on each try to change a row is counted, and this follows. Gives the function that tells the count."""
    outbox.run("CREATE SEQUENCE tries; CREATE FUNCTION try() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
               f"PERFORM nextval('tries'); {body} RETURN NEW; END $$;"
               "CREATE TRIGGER try BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION try()")
    return lambda: outbox.value("SELECT last_value FROM tries")


def test_what_is_slow_for_many_rows_is_not_tried_for_each_of_them(check, outbox, topic):
    """Once for each act: marking, an attempt, giving up."""
    outbox.fill(topic, 100)
    count = tries(outbox, "PERFORM pg_sleep(60);")
    assert "work-refused" not in check(config={"database": {"statement_timeout": "2s"}})
    assert count() <= 3


def test_a_lock_in_the_way_of_many_rows_is_not_waited_for_by_each_of_them(check, outbox, topic, connect):
    outbox.fill(topic, 100)
    outbox.run("CREATE TABLE orders (n int); INSERT INTO orders VALUES (1)")
    connect(autocommit=False).execute("UPDATE orders SET n = 2")
    count = tries(outbox, "UPDATE orders SET n = 3;")
    refused, = check(config={"database": {"lock_timeout": "100ms"}})["work-refused"]
    assert "100 waiting rows together" in refused["detail"]
    assert count() <= 20


def test_a_trial_ends_in_time(check, outbox, topic):
    """Each row is slow to be refused, and alone it would be."""
    outbox.fill(topic, 100)
    count = tries(outbox, "PERFORM pg_sleep(0.2); RAISE 'no';")
    refused, = check()["work-refused"]
    assert "marking rows as published is refused on 100 waiting rows together (the trial's time was over" in refused["detail"]
    assert count() <= 40  # of 5 s


@pytest.mark.parametrize("body, code", [
    ("RAISE 'no'", "P0001"), ("RAISE 'no' USING ERRCODE = 'ABC01'", "ABC01"), ("RAISE 'no' USING ERRCODE = '57014'", "57014"),
    ("RAISE 'no' USING ERRCODE = '53100'", "53100"), ("RETURN NULL", "SHORT"), ("NEW := OLD", "UNDONE")])
@pytest.mark.parametrize("whose", ["one", "each"])
def test_the_row_that_is_refused_is_named(check, outbox, topic, body, code, whose):
    good, bad = outbox.insert(topic), outbox.insert(topic, aggregate="a-2")
    condition = {"one": f"NEW.id = '{bad}'", "each": "true"}[whose]
    tries(outbox, f"IF {condition} THEN {body}; END IF;")
    refused = check()["work-refused"]
    rows = {"one": f"1 of 2 waiting rows, the first of them {bad}", "each": f"2 of 2 waiting rows, the first of them {good}"}
    for found in refused:  # the acts that have the same reason are one
        assert f"refused on {rows[whose]}: " in found["detail"] and found["detail"].endswith(f"(code {code}).")


def test_a_row_that_is_slow_beside_others_is_named(check, outbox, topic):
    outbox.insert(topic)
    bad = outbox.insert(topic, aggregate="a-2")
    tries(outbox, f"IF NEW.id = '{bad}' THEN PERFORM pg_sleep(60); END IF;")
    refused, = check(config={"database": {"statement_timeout": "500ms", "lock_timeout": "100ms"}})["work-refused"]
    assert f"1 of 2 waiting rows, the first of them {bad}" in refused["detail"]


def test_a_trigger_that_undoes_marks(check, outbox, topic):
    outbox.insert(topic)
    outbox.run("CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.published := OLD.published; RETURN NEW; END $$;"
               "CREATE TRIGGER undo BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION undo()")
    refused, = check()["work-refused"]
    assert "1 of 1 rows are unpublished after they were marked" in refused["detail"]
    assert "leave the columns of the relay as it writes them" in refused["remedy"] and "undo" in refused["remedy"]


def test_nothing_is_skipped_for_a_superuser(check, outbox):
    assert (check(), check.skipped) == ({}, {})


# SQL, code, what the detail says
WRONG = {
    "unlogged": ("ALTER TABLE outbox_messages SET UNLOGGED", "table-unlogged", "outbox_messages"),
    "no-key": ("ALTER TABLE outbox_messages DROP CONSTRAINT outbox_messages_pkey", "id-not-unique", "id"),
    "id-null": ("ALTER TABLE outbox_messages DROP CONSTRAINT outbox_messages_pkey,"
                " ALTER COLUMN id DROP NOT NULL, ADD UNIQUE (id)", "column-nullable", "id"),
    "trigger": ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
                "CREATE TRIGGER \"Odd one\" BEFORE UPDATE ON outbox_messages FOR EACH ROW EXECUTE FUNCTION f()",
                "trigger", "Odd one"),
    "rule": ("CREATE RULE nothing AS ON UPDATE TO outbox_messages DO INSTEAD NOTHING", "rule", "nothing"),
    "cache": ("ALTER SEQUENCE outbox_messages_outrider_seq CACHE 20", "sequence-cache", "CACHE 20"),
    "autovacuum": ("ALTER TABLE outbox_messages SET (autovacuum_enabled = false)", "autovacuum-off", "table"),
    "born-dead": ("ALTER TABLE outbox_messages ALTER dead_at SET DEFAULT now()", "column-default", "now()"),
    "born-published": ("ALTER TABLE outbox_messages ALTER published SET DEFAULT true", "column-default", "true"),
    "never-null": ("ALTER TABLE outbox_messages ALTER next_attempt_at SET NOT NULL", "column-kind", "next_attempt_at"),
    "generated": ("ALTER TABLE outbox_messages DROP last_error, ADD last_error text GENERATED ALWAYS AS ('') STORED",
                  "column-kind", "GENERATED"),
    "identity": ("ALTER TABLE outbox_messages ALTER retry_count DROP DEFAULT,"
                 " ALTER retry_count ADD GENERATED ALWAYS AS IDENTITY", "column-kind", "IDENTITY"),
    "replica-identity": ("CREATE PUBLICATION p FOR ALL TABLES; ALTER TABLE outbox_messages REPLICA IDENTITY NOTHING",
                         "work-refused", "replica identity"),
    "replication-slot": ("SELECT pg_create_physical_replication_slot('left_' || current_database(), true)",
                         "replication-slot", "left_"),
}


@pytest.mark.parametrize("case", WRONG)
def test_each_is_found_and_its_remedy_is_one(check, outbox, db, case):
    sql, code, detail = WRONG[case]
    db.execute(sql)
    found = check()
    assert code in found and detail in found[code][0]["detail"], found
    for one in found[code]:
        db.execute(one["command"])
    assert check() == {}


# What a role lacks, or is held to: {role}.
HELD = {
    "update": ("REVOKE UPDATE ON outbox_messages FROM {role}", "right-missing", "UPDATE (published"),
    "some-columns": ("REVOKE UPDATE ON outbox_messages FROM {role};"
                     "GRANT UPDATE (published, published_at, retry_count, last_error, error_class,"
                     " next_attempt_at, seq) ON outbox_messages TO {role}", "right-missing", "UPDATE (dead_at)"),
    "select": ("REVOKE SELECT ON outbox_messages FROM {role}", "right-missing", "SELECT"),
    "sequence": ("REVOKE SELECT ON SEQUENCE outbox_messages_outrider_seq FROM PUBLIC", "right-missing", "SEQUENCE"),
    "row-security": ("ALTER TABLE outbox_messages ENABLE ROW LEVEL SECURITY", "row-security", "outbox_messages"),
    "read-only": ("ALTER ROLE {role} SET default_transaction_read_only = on", "read-only", "read_only"),
    "connections": ("ALTER ROLE {role} CONNECTION LIMIT 1", "connection-limit", "1 connections"),
}


@pytest.mark.parametrize("case", HELD)
def test_what_a_role_lacks(check, role, db, case):
    sql, code, detail = HELD[case]
    db.execute(sql.format(role=role))
    found = check()
    assert code in found and detail in found[code][0]["detail"], found
    if case == "connections":
        assert found[code][0]["command"] == f"ALTER ROLE {role} CONNECTION LIMIT 2;"
        wait_until(lambda: db.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [role]).fetchone() == (0,),
                   10, "the first check's sessions have ended")
    for one in found[code]:
        db.execute(one["command"])
    if case == "connections":  # a session counts until the server has ended it, and check opens several in turn
        wait_until(lambda: check() == {}, 20, "two connections are enough")
    else:
        assert check() == {}


def test_the_right_to_delete(check, role, db):
    found = check("-o", "outbox.on_published=delete")["right-missing"]
    assert "DELETE" in found[0]["detail"]
    db.execute(found[0]["command"])
    assert check("-o", "outbox.on_published=delete") == {}
    db.execute(f"REVOKE DELETE ON outbox_messages FROM {role}")
    assert set(check("-o", "outbox.retention=7d")) == {"right-missing"}


def test_a_policy_that_does_not_let_all_rows_through(check, role, db):
    db.execute("ALTER TABLE outbox_messages ENABLE ROW LEVEL SECURITY")
    db.execute("CREATE POLICY part ON outbox_messages USING (aggregate_id <> 'hidden')")
    assert "row-security" in check()
    db.execute("CREATE POLICY every ON outbox_messages USING (true)")
    assert check() == {}
    db.execute("CREATE POLICY less ON outbox_messages AS RESTRICTIVE USING (aggregate_id <> 'hidden')")
    assert "row-security" in check()


def test_the_version_table_may_not_be_read(check, role, db):
    db.execute("REVOKE SELECT ON outbox_messages_outrider FROM PUBLIC")
    assert "outbox_messages_outrider" in check()["right-missing"][0]["detail"]


def says(db, parameters, otherwise):
    """From now on current_setting says something else in this database: an expression over the server's own, `own`."""
    types = parameters.replace("$1", "text").replace("$2", "boolean")
    db.execute(f"ALTER FUNCTION pg_catalog.current_setting({types}) RENAME TO own_setting")
    db.execute(f"CREATE FUNCTION pg_catalog.current_setting({types}) RETURNS text LANGUAGE sql AS $$ "
               + otherwise.format(own=f"pg_catalog.own_setting({parameters})") + " $$")


def test_a_limit_of_postgresql_17(check, role, db):
    """An older server does not know transaction_timeout."""
    says(db, "$1, $2", "SELECT CASE WHEN $1 = 'transaction_timeout' THEN '3s' ELSE {own} END")
    found = check()
    assert found["server-timeout"][0]["command"] == f"ALTER ROLE {role} SET transaction_timeout = 0;"


def test_an_old_server(check, role, db):
    says(db, "$1", "SELECT CASE $1 WHEN 'server_version_num' THEN '130011' WHEN 'server_version' THEN '13.11' ELSE {own} END")
    assert "13.11" in check()["server-old"][0]["detail"]


def test_a_schema_where_others_may_create(check, role, db):
    db.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    one, = check()["schema-writable"]
    assert "public" in one["detail"] and "PUBLIC" in one["detail"]
    db.execute(one["command"])
    assert check() == {}


def test_a_standby(check, outbox, base_dir, postgres, database):
    path = os.path.join(base_dir, "standby")
    os.mkdir(path)
    server = replica.Replica(path, postgres)
    try:
        server.start()
        server.catch_up()
        found = check(config={"database": {"dsn": server.dsn(database)}})
        assert set(found) == {"read-only"} and "standby" in found["read-only"][0]["detail"]
        assert {"plan", "schema-pending"} <= set(check.skipped)
    finally:
        server.stop()


def test_rows_that_others_refer_to(check, outbox, db):
    db.execute("CREATE TABLE follower (id uuid REFERENCES outbox_messages)")
    assert check() == {}
    found = check("-o", "outbox.on_published=delete")["referenced"]
    db.execute(found[0]["command"])
    assert check("-o", "outbox.on_published=delete") == {}


@pytest.mark.parametrize("version", [1])
def test_version_1(check, outbox, db, outrider):
    assert set(check()) == {"schema-version"}
    db.execute("DROP INDEX ix_outbox_unpublished")
    found = check()
    assert set(found) == {"schema-version", "index-missing", "plan"}
    db.execute(found["index-missing"][0]["command"])
    assert set(check()) == {"schema-version"}
    db.execute("ALTER TABLE outbox_messages ALTER created_at DROP NOT NULL")
    found = check()
    assert set(found) == {"schema-version", "column-nullable"}
    db.execute(found["column-nullable"][0]["command"])
    db.execute("ALTER TABLE outbox_messages ALTER published DROP NOT NULL")
    assert set(check()) == {"schema-version", "plan"}, "no index of version 1 serves IS NOT TRUE"
    outrider.command("schema", "apply").expect(0)
    assert check() == {}


@pytest.mark.parametrize("slots, ordering", [(1, "key"), (4, "key"), (1, "none")])
def test_the_plan_by_statistics_of_every_kind(check, outbox, db, slots):
    assert "plan" not in check()
    outbox.fill("nobody.waits", 5000)
    db.execute("UPDATE outbox_messages SET published = true")
    db.execute("ANALYZE outbox_messages")
    assert "plan" not in check()
    outbox.fill("all.wait", 5000)
    db.execute("ANALYZE outbox_messages")
    assert "plan" not in check()


def test_an_index_is_missing_or_invalid(check, outbox, db, outrider):
    db.execute("DROP INDEX outbox_messages_outrider_claim")
    found = check()
    assert set(found) == {"schema-pending", "plan"}
    assert "claim index" in found["schema-pending"][0]["detail"]
    outrider.command("schema", "apply").expect(0)
    assert check() == {}
    outbox.fill("twice", 2)
    with pytest.raises(Exception, match="unique"):
        db.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON outbox_messages (event_type)")
    db.execute("DELETE FROM outbox_messages")
    found = check()
    assert set(found) == {"index-invalid"}
    db.execute(found["index-invalid"][0]["command"])
    assert check() == {}


@pytest.mark.parametrize("version", [1])
def test_no_index_is_asked_for_on_a_column_that_is_not_there(check, role, db):
    assert set(check()) == {"schema-version"}
    db.execute("DROP INDEX ix_outbox_unpublished")
    db.execute("ALTER TABLE outbox_messages RENAME published TO done")
    assert set(check()) == {"column-missing"}


def test_columns(check, outbox, db):
    db.execute("ALTER TABLE outbox_messages RENAME last_error TO elsewhere")
    db.execute("ALTER TABLE outbox_messages ALTER retry_count DROP DEFAULT, ALTER retry_count TYPE text")
    found = check()
    assert "outbox.columns.last_error" in found["column-missing"][0]["remedy"]
    assert re.search("retry_count.*text.*integer", found["column-type"][0]["detail"])


def test_kinds_of_table(check, outrider, db):
    found = check()
    assert "outbox_messages" in found["table-missing"][0]["detail"]
    db.execute("CREATE TABLE base (id int); CREATE VIEW outbox_messages AS TABLE base")
    assert "a view" in check()["table-kind"][0]["detail"]


def test_a_version_table_that_is_missing(check, outbox, db, outrider):
    db.execute("DROP TABLE outbox_messages_outrider")
    assert set(found := check()) == {"version-lost"}
    assert found["version-lost"][0]["command"] == "outrider schema apply"
    outrider.command("schema", "apply").expect(0)
    assert check() == {}


def test_slots_keys_and_lanes(check, outbox, outrider):
    found = check("-o", "outbox.lanes=3")
    assert found["lanes-idle"][0]["command"] == "outrider schema apply --slots 4"
    outrider.command("schema", "apply", "--slots", "4").expect(0)
    assert check("-o", "outbox.lanes=3") == {}
    assert set(check("-o", "message.key=event_type")) == {"slot-key"}
    assert check("-o", "message.key=event_type", "-o", "outbox.ordering=none") == {}


def test_a_session_that_holds_a_snapshot(check, outbox, connect):
    holder = connect(autocommit=False)
    holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    pid = holder.execute("SELECT pg_backend_pid()").fetchone()[0]
    assert check() == {}, "not for long yet"
    found = check("--held", "0s")["snapshot-held"]
    one, = [one for one in found if f"Process {pid} " in one["detail"]]
    assert one["command"] == f"SELECT pg_terminate_backend({pid});" and "application test" in one["detail"]
    holder.rollback()


def test_a_prepared_transaction(base_dir, outrider):
    path = os.path.join(base_dir, "prepared")
    os.mkdir(path)
    server = postgres_server.Postgres(path, {"max_prepared_transactions": "2", "autovacuum": "off"})
    try:
        server.start()
        outrider.config = relay.merge(outrider.config, {"database": {"dsn": server.dsn("postgres")}})
        outrider.command("schema", "apply").expect(0)
        with server.connect("postgres") as db:
            db.execute("BEGIN")
            db.execute("CREATE TABLE one ()")
            db.execute("PREPARE TRANSACTION 'it''s'")
            done = outrider.command("check", "--held", "0s").expect(FOUND).stdout
            assert "ROLLBACK PREPARED 'it''s';" in done
            assert "autovacuum is off for the whole server" in done
            db.execute("ROLLBACK PREPARED 'it''s'")
            assert "prepared-transaction" not in outrider.command("check", "--held", "0s").stdout
            db.execute("BEGIN")
            db.execute("SELECT pg_advisory_xact_lock('outbox_messages'::regclass::oid::int, 0)")
            db.execute("PREPARE TRANSACTION 'slot'")
            done = outrider.command("check").expect(FOUND).stdout
            assert "slot-taken" in done and "the prepared transaction 'slot' (user postgres)" in " ".join(done.split())
            assert "ROLLBACK PREPARED 'slot';" in done
            db.execute("ROLLBACK PREPARED 'slot'")
            assert "slot-taken" not in outrider.command("check").stdout
    finally:
        server.stop()


@pytest.mark.skipif(relay.is_sanitized(), reason="a sanitizer wants to be loaded before faketime")
def test_clocks_that_differ(check, outbox, tmp_path):
    clock = WallClock(str(tmp_path), "-90s")
    found, = check(env=clock.env)["clock-skew"]
    assert found["severity"] == "error" and re.search(r"(89|90)\.\d s behind", found["detail"])
    clock.set("+90s")
    assert "ahead of" in check(env=clock.env)["clock-skew"][0]["detail"]
    clock.set("+5s")
    found, = check(env=clock.env)["clock-drift"]
    assert found["severity"] == "warning" and re.search(r"[45]\.\d s ahead of", found["detail"])
    clock.set("+0")
    assert check(env=clock.env) == {}


@pytest.mark.skipif(relay.is_sanitized(), reason="a sanitizer wants to be loaded before faketime")
def test_topics_that_refuse_this_hosts_time(check, outbox, kafka, known, tmp_path):
    """Kafka 4 refuses what is an hour ahead, unless the topic keeps the broker's time."""
    topic = kafka.create_topic(kafka.topic_name("orders"))
    other = kafka.create_topic(kafka.topic_name("other"))
    free = kafka.create_topic(kafka.topic_name("free"), message_timestamp_type="LogAppendTime")
    known(topic, other, free)
    for name in (topic, other, free):
        outbox.insert(name)
    clock = WallClock(str(tmp_path), "+2h")
    found = check(env=clock.env)
    assert set(found) == {"clock-skew", "topic-time-limit", "replication-one"}
    limit, = found["topic-time-limit"]
    assert limit["severity"] == "error" and " 3600000 ms ahead" in limit["detail"]
    assert "message.timestamp.after.max.ms" in limit["detail"] and limit["command"] is None
    assert {told["topic"] for told in limit["topics"]} == {topic, other}
    clock.set("+59min")
    assert set(check(env=clock.env)) == {"clock-skew", "replication-one"}


def test_a_topics_own_limit_of_time(check, outbox, kafka, known):
    """No clock is wrong; a message waits longer for its broker than the topic allows."""
    narrow = kafka.create_topic(kafka.topic_name("narrow"), message_timestamp_before_max_ms=1000)
    known(narrow)
    outbox.insert(narrow)
    limit, = check()["topic-time-limit"]
    assert narrow in limit["detail"] and "message.timestamp.before.max.ms" in limit["detail"]
    assert f"--entity-name {narrow} " in limit["command"]


def test_servers_that_are_away(check, outbox, outrider, away):
    database = f"postgresql://nobody:hunter2@{away}/none"
    done = outrider.command("check", config={"database": {"dsn": database}, "kafka": {"bootstrap.servers": away}})
    assert done.code == FOUND
    assert "database-away" in done.stdout and "kafka-away" in done.stdout
    assert "hunter2" not in done.output
    found = check(config={"database": {"direct_dsn": f"postgresql://nobody@127.0.0.1:{free_port()}/none"}})
    assert set(found) == {"direct-away"}


def test_through_a_pooler(check, outbox, pgbouncer, postgres, database):
    pooled = {"database": {"dsn": pgbouncer.dsn(database)}}
    assert "database.dsn" in check(config=pooled)["pooler-direct"][0]["detail"]
    assert check(config=relay.merge(pooled, {"database": {"direct_dsn": postgres.dsn(database)}})) == {}
    found = check(config=relay.merge(pooled, {"database": {"direct_dsn": pgbouncer.dsn(database)}}))
    assert "direct_dsn" in found["pooler-direct"][0]["detail"]


def test_a_pooler_of_statements(check, outbox, base_dir, postgres, database):
    if pgbouncer_server.program() is None:
        need.missing("PgBouncer")
    path = os.path.join(base_dir, "statements")
    os.mkdir(path)
    pooler = pgbouncer_server.PgBouncer(path, postgres, pool_mode="statement")
    try:
        pooler.start()
        assert "pooler-mode" in check(config={"database": {"dsn": pooler.dsn(database)}})
    finally:
        pooler.stop()


def test_payloads_and_names_in_the_backlog(check, outbox, topic):
    outbox.insert(topic, payload=json.dumps("x" * 5000))
    outbox.insert("bad topic!")
    found = check("-o", "kafka.message.max.bytes=4000", "-o", "message.topics_allow=[other.*]",
                  "-o", "kafka.batch.size=4000")
    assert topic in found["payload-too-large"][0]["detail"] and "5002" in found["payload-too-large"][0]["detail"]
    assert "bad topic!" in found["topic-name"][0]["detail"]
    assert topic in found["topic-not-allowed"][0]["detail"]


def test_nothing_is_told_twice(check, outbox, topic):
    outbox.insert("any")
    found = check("-o", f"message.topic={topic}", "-o", "message.topics_allow=[other]")
    assert len(found["topic-not-allowed"]) == 1


def test_the_same_of_many_topics_is_one_finding(check, outbox, outrider):
    names = [f"absent.{n:02}" for n in range(12)]
    for name in names:
        outbox.insert(name)
    found = check("-o", "message.topics_allow=[other.*]")
    for code in ("topic-missing", "topic-not-allowed"):
        one, = found[code]
        assert [of["topic"] for of in one["topics"]] == names
    text = outrider.command("check").expect(FOUND).stdout
    told = re.sub(r"\s+", " ", text[text.index("error topic-missing"):])
    assert "The same holds for absent.01, absent.02, absent.03, absent.04 and 7 more (--json has all)." in told
    assert [f"--topic {name} " in text for name in names] == [True] * 5 + [False] * 7
    assert "\n1 error, " in text


@pytest.fixture
def known(kafka):
    """Waits until the broker tells of topics that were made just now."""

    def wait(*topics):
        wait_until(lambda: set(topics) <= set(kafka.admin.list_topics()), 10, "the topics are known")

    return wait


def test_topics(check, outbox, kafka, known):
    """Of one broker every topic has a single replica."""
    small = kafka.create_topic(kafka.topic_name("small"), max_message_bytes=5000)
    strict = kafka.create_topic(kafka.topic_name("strict"), min_insync_replicas=2)
    absent = kafka.topic_name("absent")
    known(small, strict)
    for name in (small, strict, absent):
        outbox.insert(name)
    outbox.insert(small, payload=json.dumps("x" * 6000))
    found = check("-o", f"outbox.dead_topic={absent}.dead")
    assert set(found) == {"topic-missing", "replication-one", "min-insync-above", "topic-limit",
                          "payload-above-topic"}
    missing, = found["topic-missing"]
    assert [one["topic"] for one in missing["topics"]] == [absent + ".dead", absent]
    assert all(one["topic"] in one["detail"] and one["topic"] in one["command"] for one in missing["topics"])
    limit, = found["topic-limit"]
    assert small in limit["detail"] and limit["command"].endswith("max.message.bytes=1000000")
    assert "6002 bytes" in found["payload-above-topic"][0]["detail"]
    assert found["payload-above-topic"][0]["command"].endswith("max.message.bytes=7026")
    assert f"--entity-name {strict} --add-config min.insync.replicas=1" in found["min-insync-above"][0]["command"]
    assert absent not in kafka.admin.list_topics(), "check makes no topic"


@pytest.mark.parametrize("servers", ["{0}", "{0}, [::1]:9"])
def test_a_command_names_the_brokers_as_one_word(check, outbox, kafka, servers):
    servers = servers.format(kafka.bootstrap)
    outbox.insert("absent")
    command = check(config={"kafka": {"bootstrap.servers": servers}})["topic-missing"][0]["command"]
    words = shlex.split(command)
    assert words[words.index("--bootstrap-server") + 1] == servers
    assert ("'" in command) == (" " in servers)


def test_rows_without_a_usable_number(check, outbox, kafka, known, db, outrider, observer):
    """The schema is complete all the same: a relay numbers them."""
    topic = kafka.create_topic(kafka.topic_name("orders"))
    known(topic)
    numbers = {"a": None, "b": -2**63}
    for aggregate, number in numbers.items():
        outbox.insert(topic, aggregate=aggregate)
        outbox.run("UPDATE {table} SET seq = %s WHERE {aggregate_id} = %s", number, aggregate)
    found = check()
    assert set(found) == {"row-unordered", "replication-one"}
    lost, = found["row-unordered"]
    assert "rows of outbox_messages whose seq is NULL or the lowest number of all: 2. " in lost["detail"]
    assert "On version 2 a relay numbers them as new rows, when it connects and once a minute" in lost["detail"]
    assert "pending" not in outrider.command("schema", "status").expect(NONE).stdout
    db.execute(lost["command"])
    assert set(check()) == {"replication-one"}
    for aggregate, number in numbers.items():
        outbox.run("UPDATE {table} SET seq = %s WHERE {aggregate_id} = %s", number, aggregate)
    outrider.drain().expect(0)
    assert observer.count(topic) == 2 and set(check()) == {"replication-one"}


def test_a_number_above_the_sequence(check, outbox, kafka, known, db):
    topic = kafka.create_topic(kafka.topic_name("orders"))
    known(topic)
    outbox.insert(topic)
    outbox.run("UPDATE {table} SET seq = 9223372036854775807")
    outbox.insert(topic)
    ahead, = check()["row-number-ahead"]
    assert "drawn: 1, the highest is 9223372036854775807" in ahead["detail"]
    db.execute(ahead["command"])
    assert set(check()) == {"replication-one"}


@pytest.mark.parametrize("version", [1, 2])
def test_rows_that_wait_for_long(check, outbox, kafka, known, db, version, outrider, observer):
    """They wait, as they are told to; check says so, and its remedy lets a running relay send them at once."""
    topic = kafka.create_topic(kafka.topic_name("orders"))
    known(topic)
    for aggregate in "abc":
        outbox.insert(topic, aggregate=aggregate)
    if version == 1:
        assert not {"row-postponed"} & (set(check()) | set(check.skipped))
        return
    last, soon = (outbox.value("SELECT {id} FROM {table} WHERE {aggregate_id} = %s", name) for name in "ab")
    outbox.run("UPDATE {table} SET next_attempt_at = now() + interval '4 minutes' WHERE {id} = %s", soon)
    assert "row-postponed" not in check(), "of a back-off"
    outbox.run("UPDATE {table} SET next_attempt_at = CASE {id} WHEN %s THEN 'infinity' ELSE now() + interval '6 minutes' END", last)
    said = check()["row-postponed"][0]["detail"]
    assert "is more than 300 s from now: 3. " in said and f"Row {last} waits for ever." in said
    assert "row-postponed" in check("-o", "outbox.topic_retry=2m")
    outbox.run("UPDATE {table} SET next_attempt_at = '2999-12-31 Z' WHERE {id} = %s", last)
    postponed, = check("-o", "outbox.topic_retry=5m")["row-postponed"]
    assert "is more than 600 s from now: 1. " in postponed["detail"] and "waits until 2999-12-31T00:00:00Z." in postponed["detail"]
    outbox.insert(topic, aggregate="a")
    daemon = outrider.run()
    daemon.wait_for_log("connected")
    db.execute(postponed["command"])
    daemon.wait_until(lambda: observer.count(topic) == 2, 20, "the row and the one behind it")
    assert daemon.terminate() == 0


def test_topics_of_published_rows(check, outbox, kafka, known):
    """Nothing waits, as on most days; a topic that was left behind is no finding."""
    small = kafka.create_topic(kafka.topic_name("small"), max_message_bytes=5000)
    known(small)
    for name in (small, kafka.topic_name("absent")):
        outbox.insert(name)
    outbox.run("UPDATE {table} SET published = true")
    found = check()
    assert set(found) == {"replication-one", "topic-limit"}
    assert all(small in one["detail"] for of_code in found.values() for one in of_code)


def test_what_the_brokers_do_not_tell(check, outbox, outrider):
    """The mock knows no DescribeConfigs, as a login without that right."""
    mock = MockKafka().start()
    try:
        outrider.config = relay.merge(outrider.config, {"kafka": {"bootstrap.servers": mock.bootstrap}})
        outbox.insert("told")
        outrider.drain().expect(0)
        outbox.insert("told")
        assert set(check()) <= {"replication-one"}
        assert "told" in check.skipped["topic-limit"] and "DescribeConfigs" in check.skipped["min-insync-one"]
    finally:
        mock.stop()


def test_replicas(check, outbox, base_dir, kafka, known):
    with kafka_broker.running(base_dir, lambda path: kafka_broker.Kafka(path, joins=kafka)) as second:
        both = (1, 2)
        good = kafka.create_topic(kafka.topic_name("good"), brokers=both, min_insync_replicas=2)
        lax = kafka.create_topic(kafka.topic_name("lax"), brokers=both)
        alone = kafka.create_topic(kafka.topic_name("alone"), brokers=(2,))
        known(good, lax, alone)
        outbox.insert(good)
        wait_until(lambda: check() == {}, 10, "both replicas are in sync")
        outbox.insert(lax)
        outbox.insert(alone)
        found = check()
        assert set(found) == {"min-insync-one", "replication-one"}
        assert lax in found["min-insync-one"][0]["detail"]
        second.stop()
        wait_until(lambda: {"in-sync-too-few", "topic-leader"} <= set(check()), 20,
                                 "the broker is missed")
        found = check()
        assert good in found["in-sync-too-few"][0]["detail"] and alone in found["topic-leader"][0]["detail"]


def test_text_fits_a_terminal(outrider, outbox, topic, db):
    outbox.insert(topic + "\x1b[2J")
    db.execute("ALTER TABLE outbox_messages SET UNLOGGED")
    text = outrider.command("check").expect(FOUND).stdout
    assert "\x1b" not in text
    assert all(len(line) <= 80 for line in text.splitlines() if not line.startswith("    "))
    assert re.search(r"^    ALTER TABLE outbox_messages SET LOGGED;$", text, re.M)
    assert re.search(r"^2 errors, 0 warnings$", text, re.M)


def test_a_wrong_configuration(outrider):
    assert outrider.command("check", "-o", "outbox.lanes=0").code == CONFIGURATION
    assert outrider.command("check", "--held", "soon").code == USAGE


SECRET_FILES = {
    "dsn": lambda path: {"database": {"dsn": "postgresql://u:Geheim@127.0.0.1:1/x"}},
    "shadowed": lambda path: {"database": {"dsn": "host=/x", "direct_dsn": "host=/x password=Geheim"}},
    "property": lambda path: {"kafka": {"sasl.password": "Geheim"}},
    "reference": lambda path: {"database": {"dsn": f"${{file:{path}}}"}},
    "key": lambda path: {"kafka": {"ssl.key.location": path}},
}


@pytest.mark.parametrize("mode, owner, readable", [
    (0o600, 0, False), (0o640, 0, False), (0o644, 0, True), (0o604, 0, True), (0o640, 1, True), (0o600, 1, False)])
@pytest.mark.parametrize("case", SECRET_FILES)
def test_files_with_secrets(outrider, base_dir, case, mode, owner, readable):
    """Others may not read them; root may give one to a group. The command is right for every name."""
    if os.geteuid() != 0:
        need.missing("root, who may give files away")
    secret = os.path.join(base_dir, "a secret; false")
    with open(secret, "w", encoding="utf-8") as out:
        out.write("postgresql://u:Geheim@127.0.0.1:1/x\n")
    config = relay.merge({"kafka": {"bootstrap.servers": "127.0.0.1:1"}}, SECRET_FILES[case](secret))
    path = os.path.join(base_dir, "it's outrider; false.yaml")
    with open(path, "w", encoding="utf-8") as out:
        out.write(relay.to_yaml(config))
    of_itself = case in ("dsn", "shadowed", "property")
    os.chmod(path, mode if of_itself else 0o600)
    os.chmod(secret, 0o600 if of_itself else mode)
    os.chown(path, owner if of_itself else 0, 0)
    os.chown(secret, 0 if of_itself else owner, 0)
    told = outrider.command("check", "--offline", "--json", "-c", path, file=False,
                            env={"OUTRIDER_DATABASE_DIRECT_DSN": "host=/y"} if case == "shadowed" else None)
    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert [one["code"] for one in found] == ["secret-readable"] * readable and "Geheim" not in told.output
    for one in found:
        assert (path if of_itself else secret) in one["detail"]
        subprocess.run(["sh", "-ec", one["command"].replace("root:outrider", "root:root")], check=True)
        assert "secret-readable" not in outrider.command("check", "--offline", "-c", path, file=False).stdout


def test_a_password_file_that_libpq_does_not_use(outrider, base_dir):
    path = os.path.join(base_dir, "pg pass; false")
    with open(path, "w", encoding="utf-8") as out:
        out.write("*:*:*:*:Geheim\n")
    for mode, refused in ((0o600, False), (0o400, False), (0o640, True), (0o604, True)):
        os.chmod(path, mode)
        told = outrider.command("check", "--offline", "--json", config={"database": {"dsn": f"host=/x passfile='{path}'"}})
        found = [json.loads(line) for line in told.stdout.splitlines()]
        assert [one["code"] for one in found] == ["passfile-refused"] * refused and told.stderr == ""
        for one in found:
            subprocess.run(["sh", "-ec", one["command"]], check=True)
            assert os.stat(path).st_mode & 0o777 == 0o600
    os.chmod(path, 0o640)
    for dsn, env in ((f"host=/x password=Geheim passfile={path}", {}), (f"host=/x passfile={path}", {"PGPASSWORD": "Geheim"})):
        assert "passfile-refused" not in outrider.command("check", "--offline", config={"database": {"dsn": dsn}}, env=env).stdout


def test_a_service_file_says_how_it_connects(outrider, base_dir):
    """What libpq reads is what counts, not the DSN's letters."""
    path = os.path.join(base_dir, "pg_service.conf")
    with open(path, "w", encoding="utf-8") as out:
        out.write("[far]\nhost=db.example\nsslmode=disable\n[safe]\nhost=db.example\nsslmode=verify-full\n")
    for service, env, found in (("far", {}, True), ("safe", {}, False), ("safe", {"PGSSLMODE": "disable"}, False)):
        told = outrider.command("check", "--offline", config={"database": {"dsn": f"service={service}"}},
                                env={"PGSERVICEFILE": path, **env}).stdout
        assert ("postgres-plaintext" in told) == found, (service, env)
    told = outrider.command("check", "--offline", config={"database": {"dsn": "dbname=x"}},
                            env={"PGHOST": "db.example", "PGSSLMODE": "require"}).stdout
    assert "postgres-unverified" in told


def test_a_root_certificate_that_libpq_finds_by_itself(outrider, base_dir):
    """With one libpq takes sslmode=require for verify-ca."""
    home = os.path.join(base_dir, "home")
    os.makedirs(os.path.join(home, ".postgresql"), exist_ok=True)
    told = []
    for _ in range(2):
        told.append(outrider.command("check", "--offline", "--json", config={"database": {"dsn": "host=db.example sslmode=require"}},
                                     env={"HOME": home}).stdout)
        with open(os.path.join(home, ".postgresql", "root.crt"), "w", encoding="utf-8"):
            pass
    assert told[0] != told[1] and "certificate is not checked" in told[0] and "certificate is not checked" not in told[1]


def test_the_relay_says_at_its_start_what_is_open(outrider):
    daemon = outrider.run(config={"database": {"dsn": "host=192.0.2.1 connect_timeout=1"}})
    daemon.wait_for_log("unprotected")
    said = [event for event in daemon.events() if event["event"] == "unprotected"]
    assert [(event["level"], event["finding"]) for event in said] == [("warn", "postgres-plaintext")]
    assert "192.0.2.1" in said[0]["text"] and "verify-full" in said[0]["next"]
    daemon.kill()


def test_every_finding_is_made_true_somewhere():
    """In one of these files, or without servers in the golden cases."""
    with open(os.path.join(kafka_broker.TOP, "docs", "check.md"), encoding="utf-8") as text:
        codes = re.findall(r"^## (\S+)$", text.read(), re.M)
    seen = ""
    for path in (glob.glob(os.path.join(kafka_broker.TOP, "tests/golden/cases/check-*/stdout"))
                 + glob.glob(os.path.join(os.path.dirname(__file__), "test_*.py"))):
        with open(path, encoding="utf-8") as text:
            seen += text.read()
    assert len(codes) > 40 and [code for code in codes if f'"{code}"' not in seen] == []
