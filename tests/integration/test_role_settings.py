# SPDX-License-Identifier: Apache-2.0
"""A role's own settings decide neither whether the relay's statements end, nor what they mean."""

import pytest

from support import outrider as relay

CAUGHT = "CREATE TABLE {schema}.caught (who text); GRANT ALL ON {schema}.caught TO PUBLIC;"
# It fits (bigint * interval) better than PostgreSQL's own operator, and says who ran it.
SHADOW = """
CREATE FUNCTION {schema}.shadow(bigint, interval) RETURNS interval LANGUAGE plpgsql AS
$$ BEGIN INSERT INTO {schema}.caught VALUES (current_user); RETURN $2; END $$;
CREATE OPERATOR {schema}.* (LEFTARG = bigint, RIGHTARG = interval, FUNCTION = {schema}.shadow)"""


@pytest.fixture
def version():
    return 2


@pytest.fixture(params=["direct", "pooled"])
def role(request, outbox, make_role, postgres, database, outrider):
    """The relay's own role, on a connection of its own or behind a pooler."""
    if request.param == "pooled":  # it knows one role
        pooler = request.getfixturevalue("pgbouncer")
        outrider.config = relay.merge(outrider.config, {"database": {
            "dsn": pooler.dsn(database), "direct_dsn": postgres.dsn(database)}})
        return "postgres"
    name = make_role("relay", "SELECT, UPDATE, DELETE ON outbox_messages")
    outrider.config = relay.merge(outrider.config, {"database": {"dsn": postgres.dsn(database, user=name)}})
    return name


@pytest.fixture
def set_for(role, db, database):
    """Gives the relay's role a setting, in this database."""
    return lambda setting: db.execute(f'ALTER ROLE {role} IN DATABASE "{database}" SET {setting}')


@pytest.fixture
def other(db, database):
    """A role that may create in public."""
    name = f"other_{database}"
    db.execute(f"CREATE ROLE {name}; GRANT CREATE ON SCHEMA public TO {name}")
    yield name
    db.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")


@pytest.mark.parametrize("setting", [
    "statement_timeout = '3ms'", "lock_timeout = '1ms'", "idle_session_timeout = '200ms'",
    "idle_in_transaction_session_timeout = '20ms'", "search_path = ''", "search_path = 'nowhere'",
    "search_path = 'public, pg_catalog'"])
def test_a_role_with_settings_of_its_own(set_for, outrider, outbox, topic, observer, setting):
    set_for(setting)
    outrider.config = relay.merge(outrider.config, {"outbox": {"table": "public.outbox_messages"}})
    outbox.insert(topic)
    outrider.drain().expect(0)
    assert observer.count(topic) == 1 and outbox.unpublished() == 0
    outrider.command("status").expect(0)
    outrider.command("dead", "list").expect(0)
    outrider.command("purge", "--older-than", "1h", "--dry-run").expect(0)
    assert "error" not in outrider.command("check").stdout.replace("0 errors", "")
    daemon = outrider.run("-o", "outbox.listen=true")
    daemon.wait_for_log('"event":"connected"')
    outbox.insert(topic)
    daemon.wait_until(lambda: outbox.unpublished() == 0, 10, "the row is published")
    assert daemon.terminate() == 0
    assert not [e for e in daemon.events() if e.get("event") in ("window_failed", "postgres_unavailable")]


@pytest.mark.parametrize("path", ["public", '"$user", public', "public, pg_catalog"])
def test_a_strangers_operator_is_not_run(set_for, other, outrider, outbox, db, topic, path):
    set_for(f"search_path = {path}")
    db.execute(CAUGHT.format(schema="public"))
    db.execute(f"SET ROLE {other};" + SHADOW.format(schema="public") + "; RESET ROLE")
    outbox.insert(topic)
    outrider.drain("-o", "message.topics_allow=[other]", "-o", "outbox.retry_backoff=10ms", "-o", "outbox.max_retries=2")
    assert outbox.run("SELECT retry_count, dead_at IS NOT NULL FROM {table}").fetchone() == (2, True)
    outrider.command("purge", "--older-than", "1h").expect(0)
    outrider.command("dead", "list", "--since", "1h").expect(0)
    assert db.execute("SELECT who FROM caught").fetchall() == [], "a function of another ran as the relay"
    found = outrider.command("check").stdout
    assert "schema-writable" in found and f"REVOKE CREATE ON SCHEMA public FROM {other};" in found
    db.execute(f"REVOKE CREATE ON SCHEMA public FROM {other}")
    assert "schema-writable" not in outrider.command("check").stdout


def test_the_owner_of_the_table_is_no_stranger(role, other, outrider, db):
    assert "schema-writable" in outrider.command("check").stdout
    db.execute(f"ALTER TABLE outbox_messages OWNER TO {other}")
    assert "schema-writable" not in outrider.command("check").stdout
    db.execute("ALTER TABLE outbox_messages OWNER TO postgres")


def test_triggers_look_names_up_where_they_did(role, outrider, outbox, topic, db):
    """In schemas of the role's own path that strangers cannot write to."""
    db.execute("CREATE TABLE audit (id uuid); GRANT INSERT ON audit TO PUBLIC;"
               "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
               " $$ BEGIN INSERT INTO audit VALUES (NEW.id); RETURN NEW; END $$;"
               "CREATE TRIGGER note AFTER UPDATE ON outbox_messages FOR EACH ROW EXECUTE FUNCTION note()")
    outbox.insert(topic)
    outrider.drain().expect(0)
    assert db.execute("SELECT count(*) FROM audit").fetchone() == (1,)
    db.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    outbox.insert(topic)
    found = outrider.command("check").stdout
    assert "work-refused" in found and "SET search_path" in found
    db.execute("ALTER FUNCTION note SET search_path = public")
    assert "work-refused" not in outrider.command("check").stdout
    outrider.drain().expect(0)
    assert db.execute("SELECT count(*) FROM audit").fetchone() == (2,)


def test_the_table_that_the_roles_path_finds(role, set_for, outrider, outbox, topic, db):
    db.execute(f"CREATE SCHEMA second; GRANT USAGE ON SCHEMA second TO {role};"
               "ALTER TABLE outbox_messages SET SCHEMA second; ALTER TABLE outbox_messages_outrider SET SCHEMA second;"
               "SET search_path = second")
    set_for("search_path = public, second")
    outbox.insert(topic)
    outrider.drain().expect(0)
    assert outbox.unpublished() == 0
    outrider.command("status").expect(0)
    db.execute("RESET search_path")


def test_a_schema_for_a_new_table(schema, db, postgres, database):
    """It is made where the role's own path says, though others may create there too."""
    db.execute("CREATE SCHEMA first; GRANT CREATE ON SCHEMA first TO PUBLIC")
    schema.runner.config["database"]["dsn"] = postgres.dsn(database, options="-csearch_path%3Dfirst,public")
    schema("apply").expect(0)
    assert db.execute("SELECT schemaname::text FROM pg_tables WHERE tablename = 'outbox_messages'").fetchall() == [("first",)]
    schema.runner.config["database"]["dsn"] = postgres.dsn(database, options="-csearch_path%3Dnowhere")
    assert "no schema of the search path" in schema("status").expect(78).stderr
