-- What was exhausted since, while no relay works.
UPDATE {table}
   SET {dead_at} = now()
 WHERE {published} IS NOT TRUE AND {dead_at} IS NULL AND coalesce({retry_count}, 0) >= {max_retries}
