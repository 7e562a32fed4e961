# SPDX-License-Identifier: Apache-2.0
"""The outbox table of one test: made, filled and asked about through the test's own connection."""

import datetime
import os
import uuid

from psycopg import sql

NAMES = ("id", "aggregate_type", "aggregate_id", "event_type", "payload", "published",
         "published_at", "retry_count", "created_at")
EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
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
        """SQL with {table} and {column} names filled in, quoted."""
        names = {name: '"' + column.replace('"', '""') + '"' for name, column in self.columns.items()}
        return sql.SQL(text.format(table=self.table, **names))

    def run(self, text, *parameters):
        """Executes it and returns the cursor."""
        return self.connection.execute(self.statement(text), parameters or None)

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

    def texts(self):
        """id -> (aggregate id, payload as PostgreSQL prints it) of every row."""
        return {row[0]: row[1:] for row in self.run(
            "SELECT {id}::text, {aggregate_id}, {payload}::text FROM {table}")}
