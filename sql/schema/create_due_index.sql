-- Finds the waiting rows whose time has come.
CREATE INDEX CONCURRENTLY {index} ON {table} ({next_attempt_at})
 WHERE {next_attempt_at} IS NOT NULL AND {published} IS NOT TRUE AND {dead_at} IS NULL
