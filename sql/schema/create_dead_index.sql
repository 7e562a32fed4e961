-- Finds the dead letters.
CREATE INDEX CONCURRENTLY {index} ON {table} ({dead_at})
 WHERE {dead_at} IS NOT NULL
