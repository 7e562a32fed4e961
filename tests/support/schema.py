# SPDX-License-Identifier: Apache-2.0
"""What the tests of `outrider schema` share: the command without a broker, dumps, tables as
applications make them."""

import re
import subprocess

from support import outrider as relay
from support import postgres as postgres_server
from support import process

ALEMBIC = """
CREATE TABLE outbox_messages (
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    payload jsonb NOT NULL,
    id uuid NOT NULL,
    retry_count integer DEFAULT 0 NOT NULL,
    published_at timestamp with time zone,
    published boolean DEFAULT false NOT NULL,
    event_type character varying(255) NOT NULL,
    aggregate_id character varying(255) NOT NULL,
    aggregate_type character varying(100) NOT NULL,
    tenant text,
    CONSTRAINT pk_outbox_messages PRIMARY KEY (id)
);
CREATE INDEX ix_outbox_unpublished ON outbox_messages (published, created_at);
"""

SEQUELIZE = """
CREATE TABLE "OutboxMessages" (
    "id" UUID PRIMARY KEY,
    "aggregateType" VARCHAR(255),
    "aggregateId" VARCHAR(255),
    "eventType" VARCHAR(255),
    "payload" JSONB,
    "published" BOOLEAN DEFAULT false,
    "publishedAt" TIMESTAMP WITH TIME ZONE,
    "retryCount" INTEGER DEFAULT 0,
    "createdAt" TIMESTAMP WITH TIME ZONE NOT NULL,
    "updatedAt" TIMESTAMP WITH TIME ZONE NOT NULL
);
"""

SEQUELIZE_COLUMNS = {
    "aggregate_type": "aggregateType", "aggregate_id": "aggregateId", "event_type": "eventType",
    "published_at": "publishedAt", "retry_count": "retryCount", "created_at": "createdAt",
}

# A schema, a table and columns with a dot, quotes, capitals, a backslash, and 63 bytes.
LONG = "ein langer Name mit Umlauten: " + "ü" * 16 + "!"
ODD = {
    "schema": 'Odd "Sch.ema',
    "table": 'Out.box "Me\\ssages\' ' + "x" * 43,
    "columns": {"aggregate_id": "aggregate.id", "created_at": LONG, "published": 'is "published"?',
                "seq": "Seq'uence", "event_type": "{table}", "dead_at": "dead\\at", "id": "ID"},
}


def quoted(name):
    """A quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


class Schema:
    """`outrider schema` on one database."""

    def __init__(self, base, postgres, database):
        self.postgres = postgres
        self.database = database
        self.runner = relay.Outrider(base, {
            "database": {"dsn": postgres.dsn(database)},
            "outbox": {"table": "outbox_messages"},
        })

    def configure(self, **outbox):
        """Changes the outbox section."""
        self.runner.config = relay.merge(self.runner.config, {"outbox": outbox})
        return self

    def __call__(self, *arguments, **options):
        return self.runner.command("schema", *arguments, **options)

    def start(self, *arguments, config=None):
        """The command in the background, with its stderr to read lines from."""
        path = self.runner.write(config)
        return process.spawn([relay.BINARY, "schema", *arguments, "-c", path],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, env=relay.environment())

    def version(self):
        """What `schema status` says."""
        return int(re.search(r"^version +(\d)", self("status").stdout, re.M)[1])

    def dump(self, database=None):
        """The whole schema as SQL, grants and comments included."""
        text = process.run_as(
            [f"{postgres_server.bindir()}/pg_dump", "--schema-only",
             self.postgres.dsn(database or self.database)]).decode()
        # Newer releases wrap a dump in \restrict with a random key.
        return "\n".join(line for line in text.splitlines() if not re.match(r"\\(un)?restrict", line))

    def psql(self, script, database=None):
        """Runs a script as a person would; its output, stderr included."""
        with process.spawn(["psql", "-X", "-v", "ON_ERROR_STOP=1",
                            self.postgres.dsn(database or self.database)],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True) as child:
            output, _ = child.communicate(script, timeout=60)
        assert child.returncode == 0, output
        return output
