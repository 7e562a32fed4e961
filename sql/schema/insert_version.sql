-- Once: the settings of the table as they were before ours, so that a revert restores them.
INSERT INTO {version_table} (version, made_columns, saved_options)
SELECT 1, ARRAY[]::text[], coalesce(c.reloptions, ARRAY[]::text[])
  FROM pg_class AS c
 WHERE c.oid = {table_literal}::regclass
ON CONFLICT DO NOTHING
