# SPDX-License-Identifier: Apache-2.0
"""Rows that nothing goes well with, and what is told of those that are dead."""

import json

# Of jsonb: 2 kB stored, and as text 1.07 GB, which is more than PostgreSQL can print.
HUGE = "(SELECT jsonb_agg(one) FROM (SELECT '1e131071'::jsonb) n (one), generate_series(1, 8192))"

# Puts a partitioned table of one partition in the place of a table of version 1.
PARTITION = """
    ALTER TABLE {table} RENAME TO part;
    ALTER TABLE part RENAME CONSTRAINT outbox_messages_pkey TO part_pkey;
    CREATE TABLE {table} (LIKE part INCLUDING DEFAULTS) PARTITION BY RANGE (created_at);
    ALTER TABLE {table} ATTACH PARTITION part DEFAULT"""


def damage(outbox, message_id, column, value):
    """Gives a row this value, so long that it is stored apart, and makes that corrupt: its chunks are killed. The id."""
    outbox.run("CREATE EXTENSION IF NOT EXISTS pg_surgery")
    outbox.run(f"ALTER TABLE {{table}} ALTER {column} SET STORAGE EXTERNAL")
    toast = outbox.value("SELECT reltoastrelid::regclass::text FROM pg_class WHERE oid = '{table}'::regclass")
    before = [chunk for chunk, in outbox.run(f"SELECT DISTINCT chunk_id FROM {toast}")]
    outbox.run(f"UPDATE {{table}} SET {column} = {value} WHERE {{id}} = %s", message_id)
    outbox.run(f"SELECT heap_force_kill('{toast}'::regclass, array_agg(ctid)) FROM {toast} WHERE NOT chunk_id = ANY (%s)", before)
    return message_id


def bury(outbox, version, topic="orders", *, died=0, error="too large", retry_count=5, **row):
    """Makes a dead row; its id. On version 2 it died `died` seconds ago of `error`."""
    message_id = outbox.insert(topic, retry_count=retry_count, **row)
    if version > 1:
        outbox.run("UPDATE {table} SET dead_at = clock_timestamp() - make_interval(secs => %s),"
                   " last_error = %s, error_class = 'message' WHERE {id} = %s", died, error, message_id)
    return message_id


def listed(outrider, *arguments, **options):
    """The dead letters that list --json prints, by their ids, in its order."""
    told = outrider.command("dead", "list", "--json", *arguments, **options).expect(0)
    letters = [json.loads(line) for line in told.stdout.splitlines()]
    found = {one["id"]: one for one in letters}
    assert len(found) == len(letters), "one is listed twice"
    return found
