# SPDX-License-Identifier: Apache-2.0
"""What stops a relay, `check` finds: each change of the table is made, the relay runs on it and says what troubles it,
and `check` has to have an error that fits; where the relay works, it has none.

A case is data: a change, and what `check` calls it. The relay is the judge of whether it is one."""

import json

import pytest

from support import outrider as relay

TROUBLE = ("postgres_unavailable", "window_failed", "kafka_unavailable", "mark_refused")

FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; END $$;"
TRIGGER = "CREATE TRIGGER t {when} ON outbox_messages FOR EACH {each} EXECUTE FUNCTION f()"


def trigger(body, when="BEFORE UPDATE", each="ROW"):
    return FUNCTION.format(body=body) + TRIGGER.format(when=when, each=each)


RAISES = "RAISE EXCEPTION 'not today'"
UNDOES = "UPDATE outbox_messages SET published = false WHERE id = NEW.id AND published; RETURN NULL"
DEFERRED = "CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON outbox_messages DEFERRABLE INITIALLY DEFERRED " \
           "FOR EACH ROW EXECUTE FUNCTION f()"

# name: (what is done to the table, the code of the finding, what its detail says). {role} is the relay's.
STOPS = {
    "replica identity": ("CREATE PUBLICATION all_of_it FOR ALL TABLES;"
                         "ALTER TABLE outbox_messages REPLICA IDENTITY NOTHING", "work-refused", "55000"),
    "trigger raises": (trigger(RAISES), "work-refused", "not today"),
    "trigger raises after": (trigger(RAISES, "AFTER UPDATE"), "work-refused", "not today"),
    "trigger raises once a statement": (trigger(RAISES, "BEFORE UPDATE", "STATEMENT"), "work-refused", "not today"),
    "trigger raises at COMMIT": (FUNCTION.format(body=RAISES) + DEFERRED, "work-refused", "not today"),
    "trigger undoes": (trigger("NEW.published := OLD.published; RETURN NEW"), "work-refused", "UNDONE"),
    "trigger undoes after": (trigger(UNDOES, "AFTER UPDATE"), "work-refused", "UNDONE"),
    "trigger undoes at COMMIT": (FUNCTION.format(body=UNDOES) + DEFERRED, "work-refused", "UNDONE"),
    "trigger suppresses": (trigger("RETURN NULL"), "work-refused", "SHORT"),
    "trigger names what is not there": (trigger("INSERT INTO missing VALUES (1); RETURN NEW"), "work-refused", "42P01"),
    "rule instead": ("CREATE RULE r AS ON UPDATE TO outbox_messages DO INSTEAD NOTHING", "rule", "r"),
    "check": ("ALTER TABLE outbox_messages ADD CHECK (NOT published)", "work-refused", "23514"),
    "check of old rows": ("ALTER TABLE outbox_messages ADD CONSTRAINT new CHECK (aggregate_type = 'new') NOT VALID",
                          "work-refused", "23514"),
    "unique": ("CREATE UNIQUE INDEX ON outbox_messages (published) WHERE published;"
               "INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload, published)"
               " VALUES (gen_random_uuid(), 'a', 'a', 'a', '{{}}', true)", "work-refused", "23505"),
    "no right to update": ("REVOKE UPDATE ON outbox_messages FROM {role}", "right-missing", "UPDATE"),
    "no right to one column": ("REVOKE UPDATE ON outbox_messages FROM {role};"
                               "GRANT UPDATE (published) ON outbox_messages TO {role}", "right-missing", "published_at"),
    "no right to read": ("REVOKE SELECT ON outbox_messages FROM {role}", "right-missing", "SELECT"),
    "no right to the version": ("REVOKE SELECT ON outbox_messages_outrider FROM PUBLIC", "right-missing", "outrider"),
    "no right to a trigger's table": ("CREATE TABLE notes (n int);" +
                                      trigger("INSERT INTO notes VALUES (1); RETURN NEW"), "work-refused", "42501"),
    "policy for reading": ("ALTER TABLE outbox_messages ENABLE ROW LEVEL SECURITY;"
                           "CREATE POLICY a ON outbox_messages FOR SELECT USING (true);"
                           "CREATE POLICY b ON outbox_messages FOR UPDATE USING (true) WITH CHECK (NOT published)",
                           "row-security", "outbox_messages"),
    "read only": ("ALTER ROLE {role} SET default_transaction_read_only = on", "read-only", "read_only"),
    "generated": ("ALTER TABLE outbox_messages DROP published CASCADE;"
                  "ALTER TABLE outbox_messages ADD published boolean GENERATED ALWAYS AS (false) STORED",
                  "column-kind", "GENERATED"),
    "never NULL": ("ALTER TABLE outbox_messages ALTER next_attempt_at SET DEFAULT now();"
                   "UPDATE outbox_messages SET next_attempt_at = now();"
                   "ALTER TABLE outbox_messages ALTER next_attempt_at SET NOT NULL", "column-kind", "NOT NULL"),
    "column gone": ("ALTER TABLE outbox_messages DROP payload", "column-missing", "payload"),
    "column renamed": ("ALTER TABLE outbox_messages RENAME last_error TO why", "column-missing", "last_error"),
    "column's type": ("ALTER TABLE outbox_messages ALTER retry_count DROP DEFAULT,"
                      " ALTER retry_count TYPE text", "column-type", "text"),
    "table gone": ("DROP TABLE outbox_messages", "table-missing", "outbox_messages"),
    "table renamed": ("ALTER TABLE outbox_messages RENAME TO other", "table-missing", "outbox_messages"),
    "a view": ("ALTER TABLE outbox_messages RENAME TO other; CREATE VIEW outbox_messages AS TABLE other;"
               "GRANT SELECT, UPDATE ON outbox_messages TO {role}", "table-kind", "view"),
    "a version of the future": ("UPDATE outbox_messages_outrider SET version = 3", "relay-refuses", "version 3"),
    "slots that cannot be": ("ALTER TABLE outbox_messages_outrider DROP CONSTRAINT IF EXISTS"
                             " outbox_messages_outrider_slots_check; UPDATE outbox_messages_outrider SET slots = 3",
                             "relay-refuses", "3 slots"),
    "no login": ("ALTER ROLE {role} NOLOGIN", "database-away", "log in"),
    "no connection left": ("ALTER ROLE {role} CONNECTION LIMIT 0", "database-away", "too many connections"),
    "a held table": ("LOCK TABLE outbox_messages IN EXCLUSIVE MODE", "work-refused", "55P03"),
}

# Changes with which a relay goes on.
FINE = {
    "nothing": "SELECT 1",
    "trigger that lets pass": trigger("RETURN NEW"),
    "publication": "CREATE PUBLICATION all_of_it FOR ALL TABLES",
    "policy for all": "ALTER TABLE outbox_messages ENABLE ROW LEVEL SECURITY;"
                      "CREATE POLICY a ON outbox_messages USING (true)",
    "check": "ALTER TABLE outbox_messages ADD CHECK (retry_count < 100)",
    "own columns": "ALTER TABLE outbox_messages ADD note text DEFAULT 'none', ADD n int GENERATED ALWAYS AS (1) STORED",
    "headers of their own": "ALTER TABLE outbox_messages ALTER headers SET DEFAULT '{}';"
                            "UPDATE outbox_messages SET headers = '{}';"
                            "ALTER TABLE outbox_messages ALTER headers SET NOT NULL",
}


@pytest.fixture
def version():
    return 2


@pytest.fixture
def waiting(outbox, topic, make_role, postgres, database, outrider):
    """A row that waits, and the relay with a role that may do what it has to and nothing else: its name."""
    outbox.insert(topic)
    name = make_role("relay", "SELECT, UPDATE ON outbox_messages")
    outrider.config = relay.merge(outrider.config, {
        "database": {"dsn": postgres.dsn(database, user=name), "lock_timeout": "200ms"}})
    return name


def errors(outrider):
    done = outrider.command("check", "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return done.code, [one for one in found if one["severity"] == "error"]


def trouble(outrider, outbox):
    """What the relay says that stops it; None when the row left."""
    daemon = outrider.run()

    def told():
        return any(line.get("event") in TROUBLE for line in daemon.events()) or gone(outbox)

    daemon.wait_until(told, 20, "a trouble, or the row published")
    lines = [line for line in daemon.events() if line.get("event") in TROUBLE]
    daemon.terminate()
    return lines[0] if lines else None


def gone(outbox):
    try:
        return outbox.unpublished() == 0
    except Exception:  # there may be no such table, or column, any more
        return False


@pytest.mark.parametrize("case", STOPS)
def test_what_stops_a_relay_is_found(waiting, outrider, outbox, db, connect, case):
    sql, code, detail = STOPS[case]
    holder = connect(autocommit=False) if sql.startswith("LOCK") else db
    holder.execute(sql.format(role=waiting) if "$$" not in sql else sql)
    said = trouble(outrider, outbox)
    assert said is not None, "the case is none: the relay goes on"
    status, found = errors(outrider)
    assert status == 1
    fitting = [one for one in found if one["code"] == code and detail in one["detail"]]
    assert fitting, (said, found)
    # Once: neither the catalogue nor the trial tells of it again.
    assert len([one for one in found if one["code"] in
                ("work-refused", "relay-refuses", "rule", "row-security", "right-missing")]) <= 1, found
    if holder is not db:
        holder.rollback()


@pytest.mark.parametrize("options, code", [
    ({"message": {"key": "event_type"}}, "slot-key"),
    ({"kafka": {"bootstrap.servers": "127.0.0.1:1"}}, "kafka-away"),
    ({"database": {"dsn": "postgresql://nobody@127.0.0.1:1/none"}}, "database-away"),
    ({"outbox": {"columns": {"payload": "body"}}}, "column-missing"),
])
@pytest.mark.parametrize("slots", [4])
def test_what_stops_a_relay_in_its_configuration_is_found(waiting, outrider, outbox, options, code):
    outrider.config = relay.merge(outrider.config, options)
    assert trouble(outrider, outbox) is not None
    assert code in [one["code"] for one in errors(outrider)[1]]


@pytest.mark.parametrize("case", FINE)
def test_where_a_relay_works_there_is_no_error(waiting, outrider, outbox, topic, db, case):
    db.execute(FINE[case])
    before = db.execute("SELECT md5(string_agg(o::text, '/')) FROM outbox_messages o").fetchone()
    assert errors(outrider)[1] == []
    assert before == db.execute("SELECT md5(string_agg(o::text, '/')) FROM outbox_messages o").fetchone(), \
        "what was tried was taken back"
    assert trouble(outrider, outbox) is None and outbox.unpublished() == 0
    assert errors(outrider)[1] == [], "with a published row"


@pytest.mark.parametrize("upon", ["published", "inserted"])
def test_it_is_tried_though_nothing_waits(waiting, outrider, outbox, db, upon):
    if upon == "published":
        db.execute("UPDATE outbox_messages SET published = true")
    else:
        db.execute(f"DELETE FROM outbox_messages; GRANT INSERT ON outbox_messages TO {waiting}")
    assert errors(outrider)[1] == []
    db.execute(trigger(RAISES))
    refused, = [one for one in errors(outrider)[1] if one["code"] == "work-refused"]
    assert ("a published row" if upon == "published" else "a row inserted") in refused["detail"]
    assert 'Trigger t of' in refused["remedy"]
    db.execute(refused["command"])
    assert errors(outrider)[1] == [] and outbox.unpublished() == 0


def test_a_published_row_that_may_not_be_unpublished(waiting, outrider, db):
    """That is no relay's trouble: it only marks."""
    db.execute("UPDATE outbox_messages SET published = true")
    db.execute(trigger("IF OLD.published AND NOT NEW.published THEN RAISE EXCEPTION 'it was sent'; END IF; RETURN NEW"))
    assert errors(outrider)[1] == []


@pytest.mark.parametrize("option", ["outbox.on_published=delete", "outbox.retention=7d"])
def test_the_delete_is_tried_where_it_is_configured(waiting, outrider, db, option):
    db.execute(f"GRANT DELETE ON outbox_messages TO {waiting}")
    db.execute(trigger(RAISES, "BEFORE DELETE"))
    assert errors(outrider)[1] == []
    outrider.config = relay.merge(outrider.config, {"outbox": {option.split("=")[0][7:]: option.split("=")[1]}})
    refused, = [one for one in errors(outrider)[1] if one["code"] == "work-refused"]
    assert "not today" in refused["detail"]


def test_a_failure_that_could_not_be_written_down(waiting, outrider, db):
    """The row can be marked; it is the attempt, or the death, that is refused."""
    db.execute("ALTER TABLE outbox_messages ADD CHECK (dead_at IS NULL)")
    refused, = [one for one in errors(outrider)[1] if one["code"] == "work-refused"]
    assert "giving rows up is refused" in refused["detail"] and "23514" in refused["detail"]


def test_only_the_row_that_is_refused_is_named(waiting, outrider, outbox, topic, db):
    bad = outbox.insert(topic, aggregate="bad")
    db.execute("ALTER TABLE outbox_messages ADD CHECK (aggregate_id <> 'bad' OR NOT published) NOT VALID")
    refused, = [one for one in errors(outrider)[1] if one["code"] == "work-refused"]
    assert f"1 of 2 waiting rows, the first of them {bad}" in refused["detail"]


def test_rows_that_others_hold_are_not_waited_for(waiting, outrider, outbox, topic, connect, db):
    holder = connect(autocommit=False)
    holder.execute("SELECT FROM outbox_messages FOR UPDATE")
    db.execute(trigger("IF OLD.aggregate_id = 'free' THEN RAISE EXCEPTION 'not today'; END IF; RETURN NEW"))
    assert errors(outrider)[1] == []
    outbox.insert(topic, aggregate="free")
    assert "1 of 1 waiting rows" in errors(outrider)[1][0]["detail"]
    holder.rollback()
