-- Two halves, so that each can use an index once they are there.
SELECT NOT EXISTS (SELECT FROM {table} WHERE {published} IS NOT TRUE AND {dead_at} IS NULL AND {seq} IS NULL)
   AND NOT EXISTS (SELECT FROM {table} WHERE {published} IS NOT TRUE AND {dead_at} IS NOT NULL AND {seq} IS NULL)
