-- Rows that were given new attempts since, which version 1 does by retry_count.
UPDATE {table}
   SET {dead_at} = NULL
 WHERE {published} IS NOT TRUE AND {dead_at} IS NOT NULL AND coalesce({retry_count}, 0) < {max_retries}
