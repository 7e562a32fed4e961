-- Version 1 knows the dead by their attempts: without this they would be sent by surprise.
WITH dead AS MATERIALIZED (
    SELECT o.{id} AS id
      FROM {table} AS o
     WHERE o.{dead_at} IS NOT NULL AND o.{published} IS NOT TRUE AND coalesce(o.{retry_count}, 0) < {max_retries}
     LIMIT {batch_rows}
       FOR NO KEY UPDATE SKIP LOCKED
), exhausted AS (
    UPDATE {table} AS o SET {retry_count} = {max_retries} WHERE o.{id} = ANY (ARRAY(SELECT id FROM dead)) RETURNING 1
)
SELECT count(*) AS taken, count(*) AS finished FROM exhausted
