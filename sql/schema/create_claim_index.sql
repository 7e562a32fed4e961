-- The queue. IS NOT TRUE, because published may be nullable; without the dead, or they would be read for ever.
CREATE INDEX CONCURRENTLY {index} ON {table} ({seq})
 WHERE {published} IS NOT TRUE AND {dead_at} IS NULL
