-- The same of aggregates whose text no index can have.
CREATE INDEX CONCURRENTLY {index} ON {table} ({aggregate_id}, {seq})
 WHERE {next_attempt_at} IS NOT NULL AND {published} IS NOT TRUE AND {dead_at} IS NULL
