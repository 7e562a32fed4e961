-- What died since, while no relay works. And on the way up the dead of a table that lost its version table: until version
-- 2 comes into force, and when it does, they are known by their attempts.
UPDATE {table}
   SET {retry_count} = {max_retries}
 WHERE {dead_at} IS NOT NULL AND {published} IS NOT TRUE AND coalesce({retry_count}, 0) < {max_retries}
