-- What died since, while no relay works.
UPDATE {table}
   SET {retry_count} = {max_retries}
 WHERE {dead_at} IS NOT NULL AND {published} IS NOT TRUE AND coalesce({retry_count}, 0) < {max_retries}
