-- The table's version, its number of slots, and its identity, NULL when the version table has no such column: one row.
SELECT v.version, v.slots, to_jsonb(v) ->> 'identity' FROM {version_table} AS v
