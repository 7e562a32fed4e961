# SPDX-License-Identifier: Apache-2.0
"""The outbox table of one test: made, filled and asked about through the test's own connection."""

import os
import uuid

from psycopg import sql

from support.observer import Entry, Ledger

NAMES = ("id", "aggregate_type", "aggregate_id", "event_type", "payload", "published",
         "published_at", "retry_count", "created_at")
VERSION_1 = os.path.join(os.path.dirname(os.path.abspath(__file__)), "table_v1.sql")


class Outbox:
    """A table, by its quoted name (`table`), with `columns` mapped from outrider's names."""

    def __init__(self, connection, table="outbox_messages", columns=None):
        self.connection = connection
        self.table = table
        self.columns = {name: name for name in NAMES} | (columns or {})

    def create(self, payload="jsonb NOT NULL"):
        """Version 1, exactly."""
        with open(VERSION_1, encoding="utf-8") as text:
            self.connection.execute(text.read().replace("{table}", self.table)
                                    .replace("{payload}", payload))
        return self

    def statement(self, text):
        """SQL with {table} and {column} names filled in, quoted; to be run with parameters, if only ()."""
        names = {name: '"' + column.replace('"', '""').replace("%", "%%") + '"'
                 for name, column in self.columns.items()}
        return sql.SQL(text.format(table=self.table, **names))

    def run(self, text, *parameters):
        """Executes it and returns the cursor."""
        return self.connection.execute(self.statement(text), parameters)

    def value(self, text, *parameters):
        """The first column of the first row."""
        return self.run(text, *parameters).fetchone()[0]

    def insert(self, topic, payload='{"a": 1}', *, aggregate="a-1", aggregate_type="order",
               age=0, message_id=None, retry_count=0, connection=None):
        """One committed row; its id as text. `age`: seconds before now() that created_at says."""
        message_id = message_id or str(uuid.uuid4())
        (connection or self.connection).execute(
            self.statement(
                "INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, "
                "{payload}, {retry_count}, {created_at}) "
                "VALUES (%s, %s, %s, %s, %s, %s, now() - make_interval(secs => %s))"
            ),
            (message_id, aggregate_type, aggregate, topic, payload, retry_count, age),
        )
        return message_id

    def fill(self, topic, rows, *, aggregates=10, payload="jsonb_build_object('n', n)",
             prefix="a", retry_count=0, minutes_ago=0):
        """`rows` rows in one statement, created_at a microsecond apart in row order.

        `topic` is the event type, `payload` SQL over n (from 1). Row n belongs to aggregate
        <prefix>-<n mod aggregates>.
        """
        self.run(
            "INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}, "
            "{retry_count}, {created_at}) "
            "SELECT gen_random_uuid(), 'order', %s || '-' || n %% %s, %s, " + payload + ", %s, "
            "now() - make_interval(mins => %s) + n * interval '1 microsecond' "
            "FROM generate_series(1, %s) n ORDER BY n",
            prefix, aggregates, topic, retry_count, minutes_ago, rows,
        )

    def count(self):
        """All rows."""
        return self.value("SELECT count(*) FROM {table}")

    def unpublished(self):
        """Rows still to be published (NULL counts as not published)."""
        return self.value("SELECT count(*) FROM {table} WHERE {published} IS NOT TRUE")

    def published(self):
        """Rows marked as published."""
        return self.value("SELECT count(*) FROM {table} WHERE {published}")

    def marked_ids(self, of=None):
        """Ids that count as published: marked, or (of the ids `of`) no longer in the table."""
        rows = self.run("SELECT {id}::text, {published} IS TRUE FROM {table}").fetchall()
        gone = set(of or ()) - {message_id for message_id, _ in rows}
        return gone | {message_id for message_id, published in rows if published}

    def row(self, message_id):
        """(published, retry_count) of one row, or None when it is gone."""
        return self.run("SELECT {published} IS TRUE, coalesce({retry_count}, 0) FROM {table} "
                        "WHERE {id} = %s", message_id).fetchone()

    def given_up(self, max_retries=5):
        """How many unpublished rows are dead: by their count, or by version 2's dead_at."""
        return self.value(
            "SELECT count(*) FROM {table} o WHERE {published} IS NOT TRUE AND "
            "({retry_count} >= %s OR to_jsonb(o)->>'dead_at' IS NOT NULL)", max_retries)

    def row_counts(self):
        """(rows published, highest retry count): (0, 0) when nothing was touched."""
        return self.run("SELECT count(*) FILTER (WHERE {published}), "
                        "coalesce(max({retry_count}), 0) FROM {table}").fetchone()

    def texts(self):
        """id -> (aggregate id, payload as PostgreSQL prints it) of every row."""
        return {row[0]: row[1:] for row in self.run(
            "SELECT {id}::text, {aggregate_id}, {payload}::text FROM {table}")}

    def ledger(self):
        """The rows as they are now, in created_at order within each aggregate, all committed."""
        whole = Ledger()
        whole.committed = [Entry(*row) for row in self.run(
            "SELECT {id}::text, {event_type}, {aggregate_id}, row_number() OVER "
            "(PARTITION BY {aggregate_id} ORDER BY {created_at}, {id}), {payload}::text FROM {table}")]
        return whole

    def slow_marks(self, seconds):
        """Makes each UPDATE or DELETE statement take this long, so that a test can act during it."""
        self.run(f"""
            CREATE FUNCTION slow_mark() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$;
            CREATE TRIGGER slow_mark AFTER UPDATE OR DELETE ON {{table}}
            FOR EACH STATEMENT EXECUTE FUNCTION slow_mark()""")

    def note_who_marks(self):
        """From now on a table of the test's notes which application marked or deleted how many rows."""
        self.run("CREATE TABLE who_marked (name text, rows bigint)")
        self.run("""
            CREATE FUNCTION note_who() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                INSERT INTO who_marked
                SELECT current_setting('application_name'), count(*) FROM touched;
                RETURN NULL; END $$""")
        for event, name in (("UPDATE", "NEW"), ("DELETE", "OLD")):
            self.run(f"CREATE TRIGGER note_{event} AFTER {event} ON {{table}} REFERENCING {name} TABLE "
                     "AS touched FOR EACH STATEMENT EXECUTE FUNCTION note_who()")

    def who_marked(self):
        """application_name -> rows, as note_who_marks noted."""
        return dict(self.run("SELECT name, sum(rows)::int FROM who_marked GROUP BY name").fetchall())
