# SPDX-License-Identifier: Apache-2.0
"""`outrider schema print` needs no database, prints what apply does, and obeys the usual rules for
migrations on live tables."""

import re

import pytest

from support import schema as tables
from support.schema import ODD, quoted


def statements(script):
    """The script's statements, each with whether it runs inside BEGIN and COMMIT."""
    text = re.sub(r"^--.*$", "", script, flags=re.M)
    inside = False
    for statement in (one.strip() for one in text.split(";\n")):
        if statement == "BEGIN":
            inside = True
        elif statement == "COMMIT":
            inside = False
        elif statement:
            yield statement, inside


def printed(schema, *arguments):
    return schema("print", *arguments, config={"database": {"dsn": "postgresql://127.0.0.1:1/none"}}).expect(0).stdout


def test_print_is_what_apply_does(schema, other):
    for version in (1, 2):
        schema("apply", "--to", str(version)).expect(0)
        other.psql(printed(other, "--from", str(version - 1), "--to", str(version)))
        assert other.dump() == schema.dump()
        assert other.version() == version
    for version in (1, 0):
        schema("revert").expect(0)
        other.psql(printed(other, "--from", str(version + 1), "--to", str(version)))
        assert other.dump() == schema.dump()


@pytest.mark.parametrize("name", ["alembic", "sequelize", "odd"])
def test_print_is_what_apply_does_to_an_applications_table(schema, other, name):
    table, columns, make = {
        "alembic": ("outbox_messages", {}, tables.ALEMBIC),
        "sequelize": ("public.OutboxMessages", tables.SEQUELIZE_COLUMNS, tables.SEQUELIZE),
        "odd": (f"{quoted(ODD['schema'])}.{quoted(ODD['table'])}", ODD["columns"],
                f"CREATE SCHEMA {quoted(ODD['schema'])};"),
    }[name]
    for one in (schema, other):
        one.configure(table=table, columns=columns)
        one.psql(make)
    first = "0" if name == "odd" else "1"
    schema("apply").expect(0)
    other.psql(printed(other, "--from", first))
    assert other.dump() == schema.dump()
    schema("revert").expect(0)
    other.psql(printed(other, "--from", "2", "--to", "1"))
    assert other.dump() == schema.dump()


def test_rows_are_numbered_by_the_printed_script(schema, other):
    rows = "INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload, retry_count, created_at) " \
           "SELECT md5(n::text)::uuid, 'order', n::text, 'orders', '{}', CASE WHEN n % 10 = 0 THEN 5 ELSE 0 END, " \
           "timestamptz '2026-01-01' + n * interval '1 ms' FROM generate_series(1, 4000) n;"
    seen = []
    for one in (schema, other):
        one.psql(tables.ALEMBIC + rows)
    schema("apply").expect(0)
    other.psql(printed(other, "--from", "1"))
    for one in (schema, other):
        with one.postgres.connect(one.database) as connection:
            seen.append(connection.execute("SELECT aggregate_id, seq, dead_at IS NULL FROM outbox_messages "
                                           "ORDER BY seq").fetchall())
    assert seen[0] == seen[1]
    assert [row[1] for row in seen[0]] == list(range(1, 4001))
    assert other.version() == 2


def test_the_printed_last_step_refuses_while_rows_are_without_a_number(schema):
    schema.psql(tables.ALEMBIC)
    script = printed(schema, "--from", "1")
    numbering = script.index("-- Version 2, numbers:"), script.index("-- Version 2, claim index:")
    schema.psql("INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload) "
                "VALUES (gen_random_uuid(), 'order', 'a', 'orders', '{}');")
    assert "UPDATE 0" in schema.psql(script[:numbering[0]] + script[numbering[1]:])
    assert schema.version() == 1
    schema("apply").expect(0)
    assert schema.version() == 2


def test_the_rules_for_migrations_on_live_tables(schema):
    script = printed(schema)
    made = set()
    for statement, inside in statements(script):
        upper = " ".join(statement.upper().split())
        created = re.match(r'CREATE (?:TEMPORARY )?TABLE (?:IF NOT EXISTS )?(\S+)', statement)
        if created:
            made.add(created[1])
        if "CONCURRENTLY" in upper:
            assert not inside, f"not alone in its transaction: {statement}"
        elif re.match(r"CREATE (UNIQUE )?INDEX", upper):
            assert inside and re.search(r" ON (\S+)", statement)[1] in made, f"not CONCURRENTLY: {statement}"
        assert not re.match(r"LOCK\b", upper), statement
        assert not re.search(r"\b(DROP|RENAME) COLUMN|\bRENAME TO|DROP TABLE (?!PG_TEMP)", upper), statement
        assert not re.search(r"\bTRUNCATE\b|\bVACUUM FULL|\bCLUSTER\b|\bREINDEX\b|\bREFRESH\b|^DO\b", upper), statement
        if upper.startswith("ALTER TABLE") and '"outbox_messages"' in statement:
            assert not re.search(r"SET NOT NULL|\bTYPE\b|GENERATED|IDENTITY|SET (LOGGED|UNLOGGED|TABLESPACE|ACCESS)", upper), \
                f"rewrites or scans the table: {statement}"
            for column in re.findall(r"ADD COLUMN[^,]*", upper):
                assert "DEFAULT" not in column and "NOT NULL" not in column, column
            assert "CHECK" not in upper or "NOT VALID" in upper, statement
            assert "FOREIGN KEY" not in upper and "UNIQUE" not in upper and "PRIMARY KEY" not in upper, statement
    assert script.count("CREATE INDEX CONCURRENTLY") == 4


def test_no_lock_is_asked_for_without_a_time_out(schema):
    """Each statement runs under a lock_timeout; without one only CONCURRENTLY, which no writer waits behind."""
    timeout = None
    local = None
    was_inside = False
    for statement, inside in statements(printed(schema)):
        if was_inside and not inside:
            local = None
        was_inside = inside
        setting = re.fullmatch(r"SET (LOCAL )?lock_timeout = (\d+)", statement)
        if setting and setting[1]:
            local = int(setting[2])
        elif setting:
            timeout = int(setting[2])
        elif "CONCURRENTLY" in statement:
            assert timeout == 0
        else:
            effective = timeout if local is None else local
            assert effective > 0
            if effective > 1000:
                assert not re.search(r"(ADD|ALTER|DROP) COLUMN|CREATE INDEX|DROP TABLE", statement), statement


def test_print_takes_a_range(schema):
    assert "CREATE TABLE" not in printed(schema, "--from", "2", "--to", "2")
    assert "CONCURRENTLY" not in printed(schema, "--to", "1")
    assert "CONCURRENTLY" in printed(schema, "--from", "1")
    down = printed(schema, "--from", "2", "--to", "0")
    assert down.index("DROP INDEX CONCURRENTLY") < down.index("DROP COLUMN") < down.index('DROP TABLE "outbox_messages"')


def test_the_plan_is_the_printed_script(schema):
    """--dry-run shows the same steps, with the schema and the owner it found."""
    schema.configure(table="public.outbox_messages")
    plan = schema("apply", "--dry-run").expect(0).stdout
    script = printed(schema)
    assert script.endswith(plan.replace('OWNER TO "postgres"', "OWNER TO CURRENT_USER"))
