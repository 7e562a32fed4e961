-- Counts an attempt. Dead at once is written as exhausted: version 1 has no other place for it.
UPDATE {table} AS o
   SET {retry_count} = CASE WHEN f.dead = 1 THEN greatest($6::integer, coalesce(o.{retry_count}, 0) + 1)
                            ELSE coalesce(o.{retry_count}, 0) + 1 END
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS f (id, delay_ms, dead, class, error)
 WHERE o.{id} = f.id AND o.{published} IS NOT TRUE
