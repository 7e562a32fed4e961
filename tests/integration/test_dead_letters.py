# SPDX-License-Identifier: Apache-2.0
"""Dead letters are listed, shown, retried and discarded: those that were meant, whole or not at all,
with a line of the log for each."""

import json
import os
import pwd
import signal
import subprocess
import uuid

import pytest

from support import outrider as relay
from support import process
from support import rows as dead_rows
from support.process import free_port, wait_until

NO, USAGE, UNAVAILABLE, UNFINISHED, PERMISSION, CONFIGURATION = 1, 64, 69, 75, 77, 78
MEMBERS = ["id", "topic", "aggregate_type", "aggregate_id", "event_type", "retry_count", "error_class",
           "error", "created_at", "dead_at", "payload_bytes"]
SECRET = "the-payload-is-nobodys-business"


@pytest.fixture
def bury(outbox, version):
    """Makes a dead row whose payload is secret; its id."""
    return lambda *topic, **row: dead_rows.bury(outbox, version, *topic, **{"payload": json.dumps({"secret": SECRET})} | row)


def listed(outrider, *arguments, **options):
    """The ids that list --json prints, in its order."""
    return list(dead_rows.listed(outrider, *arguments, **options))


def audited(result, event):
    """The audit lines of a command, by id."""
    events = [json.loads(line) for line in result.stderr.splitlines() if line.startswith("{")]
    return {one["id"]: one for one in events if one["event"] == event}


def snapshot(outbox):
    return outbox.run("SELECT xmin, ctid, t.* FROM {table} AS t ORDER BY {id}").fetchall()


@pytest.mark.parametrize("version", [1, 2])
def test_a_list_for_scripts(outrider, outbox, bury, version):
    outbox.insert("alive", payload=json.dumps({"secret": SECRET}))
    first = bury("a.b", aggregate="é\"1", died=90, age=100, error="it's \"too large\"\n")
    second = bury(died=60, age=50)
    published = bury(died=30, age=10)
    outbox.run("UPDATE {table} SET {published} = true WHERE {id} = %s", published)
    told = outrider.command("dead", "list", "--json").expect(0).stdout
    rows = [json.loads(line) for line in told.splitlines()]
    assert [row["id"] for row in rows] == [first, second]
    assert all(list(row) == MEMBERS for row in rows)
    row = rows[0]
    assert (row["topic"], row["event_type"], row["aggregate_type"], row["aggregate_id"]) == (
        "a.b", "a.b", "order", "é\"1")
    created, size = outbox.run(
        "SELECT to_char({created_at} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
        " octet_length({payload}::text) FROM {table} WHERE {id} = %s", first).fetchone()
    assert (row["retry_count"], row["created_at"], row["payload_bytes"]) == (5, created, size)
    if version > 1:
        assert (row["error_class"], row["error"]) == ("message", "it's \"too large\"\n")
        assert row["dead_at"] > row["created_at"] and row["dead_at"].endswith("Z")
    else:
        assert row["error_class"] is row["error"] is row["dead_at"] is None
    assert SECRET not in told


@pytest.mark.parametrize("version", [1, 2])
def test_rows_without_an_id_are_left_out_and_named(outrider, outbox, bury, version):
    """Nothing fails of them, and what is told gives them ids."""
    dead, *others = bury(died=90), bury(died=60), bury(died=30)
    outbox.run("ALTER TABLE {table} DROP CONSTRAINT outbox_messages_pkey, ALTER {id} DROP NOT NULL")
    outbox.run("UPDATE {table} SET {id} = NULL WHERE {id} = ANY (%s::uuid[])", others)
    for options in (["list"], ["list", "--json"], ["list", "--limit", "1"], ["retry", "--all", "--dry-run"]):
        told = outrider.command("dead", *options).expect(0)
        assert dead in told.stdout and "dead rows without an id are left out: 2; " in told.stderr
    assert "without an id" not in outrider.command("dead", "show", dead).expect(0).stderr
    assert list(audited(outrider.command("dead", "discard", "--all").expect(0), "dead_discarded")) == [dead]
    told = outrider.command("dead", "list").expect(0)
    assert told.stdout == ""
    outbox.run(told.stderr.partition("this gives them ids: ")[2])
    assert len(listed(outrider)) == 2
    assert "without an id" not in outrider.command("dead", "list").expect(0).stderr


@pytest.mark.parametrize("version", [1, 2])
def test_a_list_for_people(outrider, outbox, bury, version):
    assert outrider.command("dead", "list").expect(0).stdout == "no dead letters\n"
    dead = bury("orders", aggregate="a\x1b[2J", died=200)
    told = outrider.command("dead", "list").expect(0).stdout
    head, row = told.splitlines()
    assert head.split() == ["id", "topic", "aggregate", "attempts", "class", "died", "error"]
    assert row.startswith(dead) and "a\\u001b[2J" in row
    assert row.endswith("message  3 min 20 s ago  too large" if version > 1 else "-      -     -")
    assert SECRET not in told


@pytest.mark.parametrize("version", [1, 2])
def test_no_more_than_the_limit(outrider, outbox, version):
    outbox.fill("orders", 1150, retry_count=5)
    if version > 1:
        outbox.run("UPDATE {table} SET dead_at = {created_at}")
    oldest = [str(row[0]) for row in outbox.run("SELECT {id} FROM {table} ORDER BY {created_at}, {id}")]
    assert listed(outrider) == oldest[:1000]
    assert "--limit" in outrider.command("dead", "list", "--json").stderr
    assert listed(outrider, "--limit", "1150") == oldest
    assert "--limit" not in outrider.command("dead", "list", "--limit", "1150").stderr
    outrider.command("dead", "list", "--limit", "0").expect(USAGE)
    result = outrider.command("dead", "retry", "--all", "--limit", "1100").expect(0)
    assert result.stdout.startswith("retried  1,100") and "--limit" in result.stderr
    assert listed(outrider) == oldest[1100:]


@pytest.mark.parametrize("version", [1, 2])
def test_each_filter(outrider, outbox, bury, version):
    ids = [bury("orders", aggregate="a", died=10, age=30), bury("orders", aggregate="b", died=8, age=20),
           bury("pay'ments", aggregate="a", died=5, age=10)]
    assert listed(outrider, "--all") == ids
    assert listed(outrider, ids[2], ids[0], ids[0].upper()) == [ids[0], ids[2]]
    assert listed(outrider, "--topic", "orders") == ids[:2]
    assert listed(outrider, "--topic", "pay'ments") == ids[2:]
    assert listed(outrider, "--topic", "order") == []
    assert listed(outrider, "--aggregate", "a") == [ids[0], ids[2]]
    assert listed(outrider, "--aggregate", "a", "--topic", "orders", "--all") == ids[:1]
    template = {"message": {"topic": "it's.${event_type}.${aggregate_id}"}}
    assert listed(outrider, "--topic", "it's.orders.b", config=template) == [ids[1]]


@pytest.mark.parametrize("version", [2])
def test_filters_by_error_and_time(outrider, outbox, bury, db):
    old = bury(died=7300, error="MSG 100% _too large_")
    new = bury(died=60, error="no object")
    assert listed(outrider, "--error", "message") == [old, new]
    assert listed(outrider, "--error", "mess") == []
    assert listed(outrider, "--error", "too large") == [old]
    assert listed(outrider, "--error", "Too large") == [] == listed(outrider, "--error", "1%_")
    assert listed(outrider, "--since", "2h") == [new] and listed(outrider, "--since", "3h") == [old, new]
    assert listed(outrider, "--since", "0s") == []
    moment = db.execute("SELECT to_char((now() - interval '1 hour') AT TIME ZONE 'UTC',"
                        " 'YYYY-MM-DD\"T\"HH24:MI:SS')").fetchone()[0]
    db.execute(f'ALTER DATABASE "{db.info.dbname}" SET TimeZone = \'Asia/Tokyo\'')
    assert listed(outrider, "--since", moment) == listed(outrider, "--since", moment + "Z") == [new]
    for wrong in ("soon", "", "9999999999999999999d"):
        outrider.command("dead", "list", "--since", wrong).expect(USAGE)


def test_version_1_knows_no_error_and_no_time(outrider, outbox, bury):
    bury()
    for option in (("--error", "x"), ("--since", "1h"), ("--since", "0s")):
        for command in ("list", "retry", "discard"):
            assert "schema apply" in outrider.command("dead", command, *option).expect(USAGE).stderr


@pytest.mark.parametrize("version", [1, 2])
def test_what_is_typed_is_text(outrider, outbox, bury):
    bury()
    before = snapshot(outbox)
    for evil in ("' OR true --", "$1", "{table}", "x'; DELETE FROM outbox_messages; --", "\\", "%", "orders\n", ""):
        for option in ("--topic", "--aggregate"):
            result = outrider.command("dead", "discard", option, evil).expect(0)
            assert result.stdout.startswith("discarded  0")
    for evil in ("not-an-id", "' OR true --", ""):
        result = outrider.command("dead", "discard", "--", evil).expect(USAGE)
        assert f'"{evil}" is no message id' in result.stderr
    assert snapshot(outbox) == before


@pytest.mark.parametrize("command", ["retry", "discard"])
def test_nothing_is_changed_without_a_selection(outrider, outbox, bury, command):
    bury()
    before = snapshot(outbox)
    result = outrider.command("dead", command).expect(USAGE)
    assert "--topic" in result.stderr and "--all" in result.stderr
    outrider.command("dead", command, "--dry-run").expect(USAGE)
    outrider.command("dead", command, "--limit", "1").expect(USAGE)
    assert snapshot(outbox) == before


@pytest.mark.parametrize("command", ["retry", "discard"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_dry_run_changes_nothing(outrider, outbox, bury, command):
    ids = [bury(aggregate="a", age=2, died=2), bury(aggregate="b", died=1)]
    before = snapshot(outbox)
    result = outrider.command("dead", command, "--aggregate", "a", "--dry-run").expect(0)
    assert ids[0] in result.stdout and ids[1] not in result.output
    assert "would be" in result.stdout and not audited(result, f"dead_{command}ed")
    outrider.command("dead", command, "--dry-run", ids[0], str(uuid.uuid4())).expect(NO)
    assert snapshot(outbox) == before


@pytest.mark.parametrize("ordering", ["key", "none"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_retried_row_arrives_beside_a_running_relay(outrider, outbox, bury, observer, topic):
    dead = bury(topic, aggregate="a", died=60, age=60)
    other = bury(topic, aggregate="other", died=50, age=50)
    later = outbox.insert(topic, aggregate="a")
    daemon = outrider.run()
    daemon.wait_until(lambda: outbox.row(later)[0], 10, "the row behind the dead one")
    result = outrider.command("dead", "retry", "--aggregate", "a").expect(0)
    assert "retried  1" in result.stdout and "late" in result.stdout
    daemon.wait_until(lambda: outbox.row(dead)[0], 2.5, "the retried row")
    assert [record.message_id for record in observer.read(topic)] == [later, dead]
    assert outbox.row(dead) == (True, 0) and outbox.row(other) == (False, 5)


@pytest.mark.parametrize("version", [2])
def test_a_row_that_dies_again_is_retried_once(outrider, outbox, kafka, db):
    """The cause is not mended: what is retried dies at once, and the command ends all the same."""
    config = {"kafka": {"message.max.bytes": 2000}, "log": {"level": "error"}}
    outbox.fill("orders", 1500, payload="to_jsonb(repeat('x', 5000))")
    daemon = outrider.run(config=config)
    daemon.wait_until(lambda: outbox.given_up(1000) == 1500, 30, "all dead")
    result = outrider.command("dead", "retry", "--all", config=config).expect(0)
    assert len(audited(result, "dead_retried")) == 1500, "whatever log.level says"
    daemon.wait_until(lambda: outbox.given_up(1000) == 1500, 30, "all dead again")
    assert set(outbox.run("SELECT {retry_count}, last_error IS NOT NULL FROM {table}").fetchall()) == {(1, True)}


@pytest.mark.parametrize("version", [1, 2])
def test_what_a_retry_leaves_in_the_row(outrider, outbox, bury, version):
    dead = bury(retry_count=7)
    outrider.command("dead", "retry", dead).expect(0)
    assert outbox.row(dead) == (False, 0)
    if version > 1:
        assert outbox.run("SELECT dead_at, last_error, error_class, next_attempt_at <= now() FROM {table}"
                          ).fetchone() == (None, "too large", "message", True)
    outrider.command("dead", "retry", dead).expect(NO)


@pytest.mark.parametrize("on_published", ["mark", "delete"])
@pytest.mark.parametrize("version", [1, 2])
def test_discarded_rows_are_gone(outrider, outbox, bury):
    ids = [bury("orders", died=2, age=2), bury("payments", died=1, age=1)]
    alive = outbox.insert("orders")
    assert outrider.command("dead", "discard", "--topic", "orders").expect(0).stdout.startswith("discarded  1")
    assert outbox.row(ids[0]) is None and outbox.row(ids[1]) == (False, 5)
    outrider.command("dead", "discard", "--all").expect(0)
    assert outbox.row(ids[1]) is None and outbox.row(alive) == (False, 0)


@pytest.mark.parametrize("version", [1, 2])
def test_each_change_leaves_a_line_of_the_log(outrider, outbox, bury, version):
    gone, again = bury("a", aggregate="x\ny"), bury("b", aggregate="z")
    for command, event, dead, topic, aggregate in (("discard", "dead_discarded", gone, "a", "x\ny"),
                                                   ("retry", "dead_retried", again, "b", "z")):
        result = outrider.command("dead", command, dead).expect(0)
        assert list(audited(result, event)) == [dead]
        line = audited(result, event)[dead]
        assert (line["topic"], line["aggregate_type"], line["aggregate_id"]) == (topic, "order", aggregate)
        assert (line["database_user"], line["os_user"]) == ("postgres", pwd.getpwuid(os.getuid()).pw_name)
        assert line["table"] == "outbox_messages" and line["attempts"] == 5 and line["time"]
        assert line.get("error_class") == ("message" if version > 1 else None)
        assert SECRET not in result.output and "too large" not in result.output


@pytest.mark.parametrize("version", [1, 2])
def test_ids_that_are_not_dead_are_named(outrider, outbox, bury):
    dead, elsewhere, published = bury(), bury("payments"), bury()
    outbox.run("UPDATE {table} SET {published} = true WHERE {id} = %s", published)
    alive, absent = outbox.insert("orders"), str(uuid.uuid4())
    asked = (dead, elsewhere, published, alive, absent, absent)
    for command in (("list",), ("retry", "--dry-run"), ("retry",)):
        result = outrider.command("dead", *command, "--topic", "orders", *asked).expect(NO)
        said = result.stderr.splitlines()
        for message_id, why in ((elsewhere, "do not fit"), (published, "was published"),
                                (alive, "waits to be published"), (absent, "not in the table")):
            assert [why in line for line in said if message_id in line] == [True], result.stderr
        assert dead in result.output
    assert outbox.row(dead) == (False, 0) and outbox.row(elsewhere) == (False, 5)


@pytest.mark.parametrize("command", ["retry", "discard"])
@pytest.mark.parametrize("version", [1, 2])
def test_a_locked_row_is_skipped(outrider, outbox, bury, connect, command):
    ids = [bury(died=3 - n, age=3 - n) for n in range(3)]
    holder = connect(autocommit=False)
    holder.execute(outbox.statement("SELECT FROM {table} WHERE {id} = %s FOR UPDATE"), (ids[1],))
    result = outrider.command("dead", command, "--all").expect(UNFINISHED)
    assert result.seconds < 5 and f"{ids[1]} is skipped: another session holds it locked" in result.stderr
    assert "skipped" in result.stdout
    assert set(audited(result, "dead_retried" if command == "retry" else "dead_discarded")) == {ids[0], ids[2]}
    holder.rollback()
    assert listed(outrider) == [ids[1]]
    outrider.command("dead", command, ids[1]).expect(0)
    assert listed(outrider) == []


KEPT_BY = {
    "trigger": """
        CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
        CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW WHEN (OLD.event_type = 'kept')
        EXECUTE FUNCTION keep()""",
    "policy": """
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY seen ON {table} FOR SELECT USING (true);
        CREATE POLICY updated ON {table} FOR UPDATE USING (event_type <> 'kept');
        CREATE POLICY deleted ON {table} FOR DELETE USING (event_type <> 'kept')""",
    "policy for DELETE": """
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        CREATE POLICY seen ON {table} FOR SELECT USING (true);
        CREATE POLICY updated ON {table} FOR UPDATE USING (true);
        CREATE POLICY deleted ON {table} FOR DELETE USING (event_type <> 'kept')""",
    "rule": "CREATE RULE keep AS ON DELETE TO {table} DO INSTEAD NOTHING",
}


@pytest.mark.parametrize("command, by", [("retry", "trigger"), ("discard", "trigger"), ("retry", "policy"),
                                         ("discard", "policy"), ("discard", "policy for DELETE"), ("discard", "rule")])
@pytest.mark.parametrize("version", [1, 2])
def test_a_row_that_the_table_keeps_is_not_said_to_be_locked(outrider, outbox, bury, connect, make_role, postgres,
                                                             database, command, by):
    """Waiting would not help: a trigger that returns NULL, a policy and a rule are the table's own."""
    kept, free, locked = bury("kept", died=3, age=3), bury(died=2, age=2), bury(died=1, age=1)
    outbox.run(KEPT_BY[by])
    config = None
    if "policy" in by:  # which does not bind the table's owner
        role = make_role("keeper")
        outbox.run(f"GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
        config = {"database": {"dsn": postgres.dsn(database, user=role)}}
    holder = connect(autocommit=False)
    holder.execute(outbox.statement("SELECT FROM {table} WHERE {id} = %s FOR KEY SHARE"), (locked,))
    result = outrider.command("dead", command, "--all", config=config).expect(UNFINISHED)
    assert f"{kept} is skipped: the table refuses the change: " in result.stderr
    if by == "rule":
        assert "0A000: " in result.stderr and "DO INSTEAD rule" in result.stderr
    else:
        assert list(audited(result, "dead_retried" if command == "retry" else "dead_discarded")) == [free]
        assert f"{locked} is skipped: another session holds it locked" in result.stderr


@pytest.mark.parametrize("version", [1, 2])
def test_a_locked_table_is_not_waited_for(outrider, outbox, bury, connect):
    bury()
    holder = connect(autocommit=False)
    holder.execute(outbox.statement("LOCK TABLE {table}"))
    result = outrider.command("dead", "retry", "--all", config={"database": {"lock_timeout": "200ms"}})
    assert result.expect(UNFINISHED).seconds < 5 and not audited(result, "dead_retried")


@pytest.mark.parametrize("version", [1, 2])
def test_a_row_that_a_commit_refuses_is_left_and_named(outrider, outbox, bury, version):
    """The first page of 1,000 commits; the second does not, until that row is alone."""
    outbox.fill("orders", 1999, retry_count=5)
    if version > 1:
        outbox.run("UPDATE {table} SET dead_at = now() - interval '1 hour'")
    last = bury("cursed")
    outbox.run("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'not this one'; END $$;
        CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (OLD.event_type = 'cursed') EXECUTE FUNCTION refuse()""")
    result = outrider.command("dead", "retry", "--all").expect(UNFINISHED)
    assert f"{last} is skipped: the table refuses the change: P0001: committing: not this one" in result.stderr
    assert result.stdout.startswith("retried  1,999") and "WARNING" not in result.stderr
    assert len(audited(result, "dead_retried")) == 1999 and last not in audited(result, "dead_retried")
    assert not audited(result, "dead_unclear")
    assert outbox.value("SELECT count(*) FROM {table} WHERE {retry_count} = 0") == 1999


@pytest.mark.parametrize("code", ["ABC01", "55P03", "57014", "40001", "22012"])
@pytest.mark.parametrize("command", ["retry", "discard"])
@pytest.mark.parametrize("version", [2])
def test_a_refusal_of_any_code_is_of_its_row(outrider, outbox, bury, command, code):
    dead = [bury() for _ in range(12)]
    outbox.run(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF OLD.id = '{dead[4]}' THEN RAISE EXCEPTION 'not this' USING ERRCODE = '{code}'; END IF;
            RETURN coalesce(NEW, OLD); END $$;
        CREATE TRIGGER refuse BEFORE UPDATE OR DELETE ON {{table}} FOR EACH ROW EXECUTE FUNCTION refuse()""")
    result = outrider.command("dead", command, "--all").expect(UNFINISHED)
    assert f"{dead[4]} is skipped: the table refuses the change: {code}: " in result.stderr
    assert set(audited(result, "dead_retried" if command == "retry" else "dead_discarded")) == set(dead) - {dead[4]}


def refuse(outbox, state):
    """Each COMMIT of a change is answered by an error of this SQLSTATE."""
    outbox.run(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'refused' USING ERRCODE = '{state}'; END $$;
        CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON {{table}} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse()""")


@pytest.mark.parametrize("state", ["08P01", "08006", "40003"])
@pytest.mark.parametrize("version", [2])
def test_an_answer_that_leaves_a_commit_open(outrider, outbox, bury, state):
    """As a pooler gives it that has lost its server."""
    dead = bury()
    refuse(outbox, state)
    result = outrider.command("dead", "retry", dead).expect(UNAVAILABLE)
    assert "not known" in result.stderr and not audited(result, "dead_retried")
    assert list(audited(result, "dead_unclear")) == [dead]


@pytest.mark.parametrize("version", [2])
def test_a_value_of_a_row_is_nobody_s_usage(outrider, outbox, bury):
    """SQLSTATEs of class 22 are about values: what was typed after --since, or what is in the table."""
    dead = bury()
    refuse(outbox, "22012")
    outrider.command("dead", "retry", dead).expect(UNFINISHED)
    outrider.command("dead", "list", "--since", "yesteryear").expect(USAGE)


@pytest.mark.parametrize("version", [2])
def test_a_schema_command_is_waited_for_as_long_as_a_lock(outrider, outbox, bury, connect):
    """The server's lock_timeout comes first, however long it is, and says what was waited for."""
    bury()
    holder = connect(autocommit=False, application_name="billing")
    holder.execute(outbox.statement("SELECT pg_advisory_xact_lock('{table}'::regclass::oid::bigint"
                                    "::bit(32)::integer, -1)"))
    config = {"database": {"lock_timeout": "13s", "statement_timeout": "20s"}}
    result = outrider.command("dead", "list", config=config).expect(UNFINISHED)
    assert "waiting for a schema command" in result.stderr and "lock timeout" in result.stderr
    pid = holder.info.backend_pid
    assert f"session {pid} (user postgres, application billing" in result.stderr
    assert f"SELECT pg_terminate_backend({pid})" in result.stderr and "WARNING" not in result.stderr


@pytest.mark.parametrize("version", [2])
@pytest.mark.parametrize("prepared", [False, True])
def test_a_long_name_leaves_the_remedy_whole(outrider, outbox, bury, connect, make_role, database, prepared):
    bury()
    role = make_role("r" * (62 - len(database)))
    holder = connect(autocommit=False, user=role, application_name="a" * 63)
    holder.execute(outbox.statement("SELECT pg_advisory_xact_lock('{table}'::regclass::oid::bigint"
                                    "::bit(32)::integer, -1)"))
    remedy = f"SELECT pg_terminate_backend({holder.info.backend_pid})"
    if prepared:
        gid = "g" * 199
        holder.execute(f"PREPARE TRANSACTION '{gid}'")
        remedy = f"ROLLBACK PREPARED '{gid}'"
    result = outrider.command("dead", "list", config={"database": {"lock_timeout": "1s"}})
    if prepared:
        connect().execute(remedy)
    assert result.code == UNFINISHED and f"end it: {remedy}: " in result.stderr, result.stderr


@pytest.mark.parametrize("version", [2])
def test_a_signal_comes_between_pages_only(outrider, outbox):
    """Told to end in the middle of a page, it commits that one and says so: what the log has is what was done."""
    outbox.fill("orders", 3000, retry_count=5)
    outbox.run("UPDATE {table} SET dead_at = {created_at}")
    outbox.slow_marks(0.7)
    argv = [relay.BINARY, "dead", "retry", "--all", "-c", outrider.write()]
    with process.spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=outrider.base,
                       env=relay.environment()) as child:
        wait_until(lambda: outbox.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"),
                   10, "the first page under way")
        child.send_signal(signal.SIGTERM)
        _, stderr = child.communicate(timeout=20)
    done = {str(row[0]) for row in outbox.run("SELECT {id} FROM {table} WHERE dead_at IS NULL")}
    said = {json.loads(line)["id"] for line in stderr.decode().splitlines() if "dead_retried" in line}
    assert child.returncode == -signal.SIGTERM and len(done) == 1000 and said == done


@pytest.mark.parametrize("version", [2])
def test_a_signal_comes_between_the_parts_of_a_page(outrider, outbox, bury, connect):
    """A page that is refused is tried in parts, which can be many: none of them is begun any more."""
    dead = [bury(died=9 - n) for n in range(8)]
    outbox.run("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_advisory_xact_lock(4711);
            RAISE 'not this one'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON {table} FOR EACH ROW
        WHEN (OLD.id = '""" + dead[5] + """') EXECUTE FUNCTION refuse()""")
    holder = connect(autocommit=False)
    holder.execute("SELECT pg_advisory_xact_lock(4711)")
    argv = [relay.BINARY, "dead", "retry", "--all", "-c", outrider.write({"database": {"lock_timeout": "15s"}})]
    with process.spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=outrider.base,
                       env=relay.environment()) as child:
        wait_until(lambda: outbox.value("SELECT count(*) FROM pg_locks WHERE NOT granted AND objid = 4711"),
                   10, "the page under way")
        child.send_signal(signal.SIGTERM)
        holder.rollback()
        _, stderr = child.communicate(timeout=20)
    assert child.returncode == -signal.SIGTERM and b"dead_retried" not in stderr
    assert outbox.value("SELECT count(*) FROM {table} WHERE dead_at IS NOT NULL") == 8


@pytest.mark.parametrize("version", [2])
def test_the_version_changes_between_pages_only(outrider, outbox):
    """A revert waits for the page under way; what is left is not changed by rules that hold no more."""
    outbox.fill("orders", 5000, retry_count=5)
    outbox.run("UPDATE {table} SET dead_at = {created_at}")
    # A page shows that it is under way by a lock of the test's, and ends when the revert waits for it.
    outbox.run("""
        CREATE FUNCTION await_revert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_advisory_xact_lock(4711);
            WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP PERFORM pg_sleep(0.01); END LOOP;
            RETURN NULL; END $$;
        CREATE TRIGGER await_revert AFTER UPDATE OF next_attempt_at ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION await_revert()""")
    argv = [relay.BINARY, "dead", "retry", "--all", "-c", outrider.write()]
    with process.spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=outrider.base,
                       env=relay.environment()) as child:
        wait_until(lambda: outbox.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"),
                   10, "the first page under way")
        reverted = outrider.command("schema", "revert")
        _, stderr = child.communicate(timeout=20)
    said = {json.loads(line)["id"] for line in stderr.decode().splitlines() if "dead_retried" in line}
    alive = {str(row[0]) for row in outbox.run("SELECT {id} FROM {table} WHERE {retry_count} < 5")}
    assert child.returncode == UNFINISHED and b"version changed from 2 to 1" in stderr
    assert said == alive and len(said) in range(1000, 5000, 1000), reverted.output


@pytest.mark.parametrize("version", [2])
def test_an_unanswered_commit_is_not_said_to_be_done(outrider, outbox, bury, postgres):
    """The backend freezes in its COMMIT, longer than the command waits; then it goes on, and the row is retried."""
    dead = bury()
    outbox.run("""
        CREATE FUNCTION tarry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_sleep(1.5); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER tarry AFTER UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION tarry()""")
    sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
    config = {"database": {"statement_timeout": "2s"}}
    argv = [relay.BINARY, "dead", "retry", dead, "-c", outrider.write(config)]
    with process.spawn(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=outrider.base,
                       env=relay.environment()) as child:
        backend = wait_until(lambda: outbox.run(sleeping).fetchone(), 10, "the COMMIT")[0]
        os.kill(backend, signal.SIGSTOP)
        try:
            stdout, stderr = child.communicate(timeout=20)
        finally:
            os.kill(backend, signal.SIGCONT)
    assert child.returncode == UNAVAILABLE and b"not known" in stderr and not stdout
    assert b"dead_unclear" in stderr and dead.encode() in stderr and b"dead_retried" not in stderr
    wait_until(lambda: outbox.row(dead) == (False, 0), 10, "the COMMIT's end")


@pytest.mark.parametrize("payload,shown,size", [
    ("jsonb NOT NULL", {"a": [1, "é"]}, 16), ("json", {"a": [1, "é"]}, 15), ("text", '{"a":[1,\n"é"]}', 15),
    ("bytea", "\\x" + '{"a":[1,\n"é"]}'.encode().hex(), 15)])
@pytest.mark.parametrize("version", [1, 2])
def test_show(outrider, make_outbox, version, payload, shown, size):
    outbox = make_outbox(payload=payload)
    dead = outbox.insert("orders", payload='{"a":[1,\n"é"]}', retry_count=5, aggregate="a\x1b")
    headers = None
    if version > 1:
        headers = {"traceparent": "00-4bf9"}
        outbox.run("UPDATE {table} SET dead_at = now(), last_error = 'why', error_class = 'message', headers = %s",
                   json.dumps(headers))
    told = outrider.command("dead", "show", "--json", dead).expect(0).stdout
    assert told.count("\n") == 1 and list(json.loads(told)) == MEMBERS + ["headers", "payload"]
    row = json.loads(told)
    assert (row["id"], row["payload"], row["headers"], row["payload_bytes"]) == (dead, shown, headers, size)
    text = outrider.command("dead", "show", dead).expect(0).stdout
    assert "a\\u001b" in text and "\x1b" not in text and f"{size} B" in text and dead in text
    assert version == 1 or ("why" in text and "traceparent" in text)


@pytest.mark.parametrize("database_options", [
    "TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"])
@pytest.mark.parametrize("version", [2])
def test_bytes_that_are_no_text(outrider, make_outbox):
    """JSON is valid all the same, and no such byte reaches a terminal."""
    outbox = make_outbox(payload="json NOT NULL")
    dead = outbox.insert("orders", retry_count=5)
    outbox.run("""UPDATE {table} SET dead_at = now(), last_error = 'too large',
                  {event_type} = convert_from(%s, 'SQL_ASCII'), {payload} = convert_from(%s, 'SQL_ASCII')::json""",
               b"t\xff\x9b", b'{"b": "\xc3("}')

    def told(*command):
        outrider.command(*command).expect(0)
        with open(outrider.logs[-1], "rb") as log:
            return log.read().decode().split("\n", 1)[1]  # behind the command itself

    assert json.loads(told("dead", "list", "--json"))["topic"] == "t\ufffd\ufffd"
    shown = json.loads(told("dead", "show", "--json", dead))
    assert shown["payload"] == {"b": "\ufffd("}
    assert json.loads(told("status", "--json"))["topics"][0]["topic"] == "t\ufffd\ufffd"
    assert "t\ufffd\ufffd" in told("dead", "list") and "t\ufffd\ufffd" in told("status") and "\ufffd(" in told("dead", "show", dead)


@pytest.mark.parametrize("version", [2])
def test_show_wants_one_dead_row(outrider, outbox):
    alive = outbox.insert("orders")
    assert "waits" in outrider.command("dead", "show", alive).expect(NO).stderr
    outrider.command("dead", "show").expect(USAGE)
    outrider.command("dead", "show", alive, alive).expect(USAGE)


@pytest.mark.parametrize("version", [2])
def test_a_tombstone(outrider, make_outbox):
    outbox = make_outbox(payload="jsonb")
    dead = outbox.insert("orders", payload=None)
    outbox.run("UPDATE {table} SET dead_at = now()")
    row = json.loads(outrider.command("dead", "show", "--json", dead).expect(0).stdout)
    assert row["payload"] is row["payload_bytes"] is None
    assert "tombstone" in outrider.command("dead", "show", dead).expect(0).stdout


@pytest.mark.parametrize("created_at", ["infinity", "-infinity", "0044-03-15 BC"])
@pytest.mark.parametrize("version", [1, 2])
def test_times_out_of_the_ordinary(outrider, outbox, bury, version, created_at):
    dead = bury()
    outbox.run("UPDATE {table} SET {created_at} = %s", created_at)
    if version > 1:
        outbox.run("UPDATE {table} SET dead_at = 'infinity'")
    assert listed(outrider) == [dead]
    outrider.command("dead", "list").expect(0)
    outrider.command("dead", "retry", "--all").expect(0)
    assert outbox.row(dead) == (False, 0)


@pytest.mark.parametrize("version", [1, 2])
def test_through_pgbouncer(outrider, outbox, pgbouncer, database, bury):
    outrider.config = relay.merge(outrider.config, {"database": {"dsn": pgbouncer.dsn(database)}})
    ids = [bury(died=3 - n, age=3 - n) for n in range(3)]
    assert listed(outrider) == ids
    outrider.command("dead", "retry", ids[0]).expect(0)
    outrider.command("dead", "discard", ids[1]).expect(0)
    assert listed(outrider) == [ids[2]] and outbox.count() == 2


@pytest.mark.parametrize("version", [1, 2])
def test_odd_names(outrider, db, make_outbox, version):
    columns = {"aggregate_id": "aggregate.id", "created_at": "per%cent", "published": "{published}",
               "event_type": "select", "payload": "größe", "retry_count": "$1", "id": 'Message "ID"'}
    db.execute('CREATE SCHEMA "Odd Schema"')
    db.execute("""CREATE TABLE "Odd Schema"."Out""box" ("$1" bigint, "select" text, "per%cent" timestamp NOT NULL,
        "größe" json, aggregate_type text, "aggregate.id" bigint, "Message ""ID\""" uuid PRIMARY KEY,
        published_at timestamptz, "{published}" boolean DEFAULT false)""")
    odd = make_outbox('"Odd Schema"."Out""box"', columns, create=False)
    odd.table = '"Odd Schema"."Out""box"'
    ids = [odd.insert("orders", aggregate=7, retry_count=5, age=2 - n) for n in range(2)]
    odd.run("UPDATE {table} SET {published} = NULL WHERE {id} = %s", ids[1])
    if version > 1:
        odd.run("UPDATE {table} SET dead_at = {created_at}")
    assert listed(outrider, "--aggregate", "7", "--topic", "orders") == ids
    outrider.command("dead", "show", ids[1]).expect(0)
    outrider.command("dead", "retry", ids[0]).expect(0)
    outrider.command("dead", "discard", "--all").expect(0)
    assert odd.row(ids[0]) == (False, 0) and odd.row(ids[1]) is None


@pytest.mark.parametrize("version", [2])
def test_rights(outrider, outbox, bury, make_role, postgres, database):
    dead = bury()
    role = make_role("operator")
    config = {"database": {"dsn": postgres.dsn(database, user=role)}}
    outrider.command("dead", "list", config=config).expect(PERMISSION)
    outbox.run(f"GRANT SELECT ON {{table}} TO {role}")
    assert listed(outrider, config=config) == [dead]
    assert "UPDATE" in outrider.command("dead", "retry", dead, config=config).expect(PERMISSION).stderr
    outbox.run(f"GRANT UPDATE (retry_count, next_attempt_at, dead_at) ON {{table}} TO {role}")
    assert "DELETE" in outrider.command("dead", "discard", dead, config=config).expect(PERMISSION).stderr
    result = outrider.command("dead", "retry", dead, config=config).expect(0)
    assert audited(result, "dead_retried")[dead]["database_user"] == role
    outbox.run(f"GRANT DELETE ON {{table}} TO {role}")
    again = bury()
    outrider.command("dead", "discard", again, config=config).expect(0)


def test_no_server_and_no_table(outrider, outbox):
    away = {"database": {"dsn": f"postgresql://postgres@127.0.0.1:{free_port()}/nowhere"}}
    absent = {"outbox": {"table": "nothing_there"}}
    for command in (("list",), ("retry", "--all"), ("discard", "--all"), ("show", str(uuid.uuid4()))):
        outrider.command("dead", *command, config=away).expect(UNAVAILABLE)
        assert "nothing_there" in outrider.command("dead", *command, config=absent).expect(CONFIGURATION).stderr
