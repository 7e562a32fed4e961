# SPDX-License-Identifier: Apache-2.0
"""`outrider schema print --grants`: each role can do what it is for, nothing else, and needs each of
its rights."""

import re
import uuid

import psycopg
import pytest

from support import mock_kafka
from support import outrider as relay
from support.schema import quoted

DENIED = r"permission denied|must be owner|does not own|needs the right"
# One right: on a table's column, a table, or a schema.
GRANT = re.compile(r'^GRANT ([A-Z, ]+?)(?: \(([^)]*)\))? ON (SCHEMA )?(\S+) TO "([^"]+)";$', re.M)


@pytest.fixture(scope="module")
def kafka():
    broker = mock_kafka.MockKafka()
    try:
        yield broker.start()
    finally:
        broker.stop()


class House:
    """A table with its roles, and a login of each."""

    def __init__(self, schema, db, kafka, table, version, inbox):
        self.schema, self.db, self.version = schema, db, version
        self.name = table.rpartition(".")[2]
        self.table = ".".join(quoted(part) for part in table.split("."))
        self.inbox = self.table.replace(quoted(self.name), "inbox_messages")
        self.enqueue = self.table.replace(quoted(self.name), quoted(self.name + "_enqueue"))
        self.options = ["--inbox"] if inbox else []
        schema.configure(table=table)
        schema.runner.config = relay.merge(schema.runner.config, {
            "kafka": {"bootstrap.servers": kafka.bootstrap}, "log": {"format": "json"}})
        schema("apply", "--to", str(version), *self.options).expect(0)
        self.script = schema("print", "--grants", "--to", str(version), *self.options).expect(0).stdout
        schema.psql(self.script)
        schema.psql(self.script)  # again changes nothing
        self.roles = re.findall(r'CREATE ROLE "(\S+)" NOLOGIN', self.script)
        for role in self.roles:
            db.execute(f'CREATE ROLE "{role}_login" LOGIN IN ROLE "{role}"')

    def close(self):
        self.db.execute(f"DROP TABLE {self.table} CASCADE")
        for role in reversed(self.roles):
            self.db.execute(f'DROP OWNED BY "{role}" CASCADE')
            self.db.execute(f'DROP ROLE "{role}_login", "{role}"')

    def dsn(self, role):
        return self.schema.postgres.dsn(self.schema.database, user=f"{self.name}_{role}_login")

    def command(self, role, *arguments, **outbox):
        return self.schema.runner.command(*arguments, config={
            "database": {"dsn": self.dsn(role)}, "outbox": outbox})

    def run(self, role, statement, *parameters):
        with psycopg.connect(self.dsn(role), autocommit=True) as connection:
            return connection.execute(statement, parameters)

    def insert(self, topic="orders", aggregate=None):
        self.db.execute(
            f"INSERT INTO {self.table} (id, aggregate_type, aggregate_id, event_type, payload) "
            "VALUES (gen_random_uuid(), 'order', %s, %s, '{}')", (aggregate or str(uuid.uuid4()), topic))

    def count(self, condition="true"):
        return self.db.execute(f"SELECT count(*) FROM {self.table} WHERE {condition}").fetchone()[0]

    def rights(self):
        """(role, right, column or None, what it is on) of every grant in the script."""
        for rights, columns, schema, target, role in GRANT.findall(self.script):
            for right in rights.split(", "):
                for column in columns.split(", ") if columns else [None]:
                    yield (role.removeprefix(self.name + "_"), right, column and column.strip('"'),
                           (schema and "SCHEMA ") + target)


# --- what each role does; each returns all that was said, and leaves the table as it was -----------


def enqueues(house):
    named = ", headers => '{}'" if house.version > 1 else ""
    try:
        house.run("writer", f"SELECT {house.enqueue}('order', '42', 'orders', '{{}}'{named})")
    except psycopg.errors.InsufficientPrivilege as error:
        return str(error)
    return ""


def publishes(house):
    """Marks one message, numbers another that has no number, and gives up one that has no topic's name."""
    house.insert()
    if house.version > 1:
        house.db.execute(f"UPDATE {house.table} SET seq = NULL")
    house.insert("..")
    result = house.command("relay", "drain", "--give-up", "1s")
    house.db.execute(f"DELETE FROM {house.table}")
    return result.output


def purges(house):
    house.insert()
    house.db.execute(f"UPDATE {house.table} SET published = true")
    result = house.command("relay", "purge", "--older-than", "0s")
    house.db.execute(f"DELETE FROM {house.table}")
    return result.output


def looks(house):
    house.insert("..")
    house.schema.runner.drain().expect(0)
    house.insert()
    said = "".join(house.command("monitor", *command).output
                   for command in (("status",), ("drain", "--dry-run"), ("dead", "list"), ("schema", "status")))
    return said


def changes_versions(house):
    """There and back, or back and there: then the new columns need their grants again."""
    steps = ["revert", "apply"] if house.version > 1 else ["apply", "revert"]
    said = "".join(house.command("owner", "schema", step).output for step in steps)
    if house.version > 1:
        house.schema.psql(house.script)
    return said


def notes(house):
    try:
        for expected in (1, 0):
            cursor = house.run("consumer", f"INSERT INTO {house.inbox} (consumer, message_id) VALUES ('sales', "
                               "'6ba7b810-9dad-11d1-80b4-00c04fd430c8') ON CONFLICT DO NOTHING")
            assert cursor.rowcount == expected
    except psycopg.errors.InsufficientPrivilege as error:
        return str(error)
    finally:
        house.db.execute(f"DELETE FROM {house.inbox}")
    return ""


USES = {"owner": changes_versions, "writer": enqueues, "monitor": looks, "consumer": notes}


def uses(role, right):
    if role == "relay":
        return purges if right == "DELETE" else publishes
    return USES[role]


@pytest.fixture
def house(request, schema, db, kafka):
    """A table at a version, in the schema public (without one named) or in one of its own."""
    version, own = request.param
    name = "outbox_" + uuid.uuid4().hex[:8]
    if own:
        db.execute("CREATE SCHEMA own; GRANT CREATE ON SCHEMA own TO PUBLIC; REVOKE CREATE ON SCHEMA own FROM PUBLIC")
    made = House(schema, db, kafka, f"own.{name}" if own else name, version, inbox=True)
    yield made
    made.close()


HOUSES = pytest.mark.parametrize("house", [(1, False), (2, True)], indirect=True, ids=["version-1", "version-2-own-schema"])


@HOUSES
def test_each_right_is_needed_and_all_suffice(house):
    rights = list(house.rights())
    assert {role for role, *_ in rights} == set(USES) | {"relay"}
    assert len(GRANT.findall(house.script)) == house.script.count("\nGRANT ")
    for role in ("owner", "writer", "monitor", "consumer"):
        assert not re.search(DENIED, uses(role, None)(house)), role
    for use in (publishes, purges):
        assert not re.search(DENIED, use(house)), use
    surplus = []
    for role, right, column, target in rights:
        on = f"{right} ({quoted(column)})" if column else right
        member = f'"{house.name}_{role}"'
        house.db.execute(f"REVOKE {on} ON {target} FROM {member}")
        if not re.search(DENIED, uses(role, right)(house)):
            surplus.append((role, right, column, target))
        house.db.execute(f"DELETE FROM {house.table}")
        house.db.execute(f"GRANT {on} ON {target} TO {member}")
    assert not surplus


@pytest.mark.parametrize("house", [(2, False)], indirect=True)
def test_the_relay_does_all_of_its_work(house):
    """Slots, marks, deletes, a row that fails and dies, dead letters, purge: as members of the role."""
    house.command("owner", "schema", "apply", "--slots", "2").expect(0)
    for mode in ("mark", "delete"):
        for number in range(20):
            house.insert(aggregate=str(number))
        house.insert("..")
        house.command("relay", "drain", lanes=2, on_published=mode).expect(0)
        assert house.count("NOT published AND dead_at IS NULL") == 0
        assert house.count("dead_at IS NOT NULL") == 1
        house.command("relay", "dead", "show", str(house.db.execute(
            f"SELECT id FROM {house.table} WHERE dead_at IS NOT NULL").fetchone()[0])).expect(0)
        assert "retried" in house.command("relay", "dead", "retry", "--all").expect(0).stdout
        house.command("relay", "drain").expect(0)
        assert "discarded" in house.command("relay", "dead", "discard", "--all").expect(0).stdout
        house.command("relay", "purge", "--older-than", "0s").expect(0)
        assert house.count() == 0
    assert "permission denied" not in house.schema.runner.said()


@pytest.mark.parametrize("house", [(2, False)], indirect=True)
def test_nobody_can_do_more(house):
    house.insert()
    payload = "{}"
    forbidden = {
        "writer": ["SELECT {id} FROM {table}", "UPDATE {table} SET published = true", "DELETE FROM {table}",
                   "INSERT INTO {table} (id, aggregate_type, aggregate_id, event_type, payload, published) "
                   "VALUES (gen_random_uuid(), 'a', 'b', 'c', '{payload}', true)",
                   "INSERT INTO {table} (id, aggregate_type, aggregate_id, event_type, payload, seq) "
                   "VALUES (gen_random_uuid(), 'a', 'b', 'c', '{payload}', 1)",
                   "UPDATE {table}_outrider SET version = 1"],
        "relay": ["UPDATE {table} SET payload = '{payload}'", "UPDATE {table} SET created_at = now()", "TRUNCATE {table}",
                  "ALTER TABLE {table} ADD COLUMN more int", "DROP TABLE {table}", "UPDATE {table}_outrider SET slots = 2",
                  "INSERT INTO {table} (id, aggregate_type, aggregate_id, event_type, payload) "
                  "VALUES (gen_random_uuid(), 'a', 'b', 'c', '{payload}')"],
        "monitor": ["SELECT payload FROM {table}", "SELECT headers FROM {table}", "UPDATE {table} SET published = true",
                    "DELETE FROM {table}"],
        "consumer": ["SELECT message_id FROM inbox_messages", "DELETE FROM inbox_messages", "SELECT inbox_purge('1s')",
                     "SELECT id FROM {table}"],
    }
    for role, statements in forbidden.items():
        for statement in statements:
            text = statement.format(table=house.name, id="id", payload=payload)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                house.run(role, text)


def test_roles_of_a_table_that_is_not_there(schema):
    assert schema("print", "--grants", "--to", "0").expect(64)
