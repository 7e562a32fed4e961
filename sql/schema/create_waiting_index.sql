-- Finds the rows that wait ahead of others of their aggregate. Empty on good days. By the hash of its name, for a name may
-- be longer than an index can hold, and by "C", for names are told apart by their bytes. IF NOT EXISTS, for who prints it
-- for a table that is at version 2.
CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {table} (hashtextextended({aggregate_text} COLLATE "C", 0), {seq})
 WHERE {next_attempt_at} IS NOT NULL AND {published} IS NOT TRUE AND {dead_at} IS NULL
