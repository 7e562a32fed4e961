-- Rows whose attempts were used up on version 1 are dead on version 2, so that they are not sent by surprise.
WITH exhausted AS MATERIALIZED (
    SELECT o.{id} AS id
      FROM {table} AS o
     WHERE o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND coalesce(o.{retry_count}, 0) >= {max_retries}
     LIMIT {batch_rows}
       FOR NO KEY UPDATE SKIP LOCKED
), marked AS (
    UPDATE {table} AS o SET {dead_at} = now() WHERE o.{id} = ANY (ARRAY(SELECT id FROM exhausted)) RETURNING 1
)
SELECT count(*) AS taken, count(*) AS finished FROM marked
