-- Asked only until version 2 is in force: from then on a relay numbers such rows. Two halves, so that each can use an index
-- once they are there.
SELECT (SELECT version > 1 FROM {version_table})
    OR NOT EXISTS (SELECT FROM {table} WHERE {published} IS NOT TRUE AND {dead_at} IS NULL AND {seq} IS NULL)
   AND NOT EXISTS (SELECT FROM {table} WHERE {published} IS NOT TRUE AND {dead_at} IS NOT NULL AND {seq} IS NULL)
