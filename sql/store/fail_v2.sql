-- Counts an attempt, unless all were used up before, and says why. The last one, or a fault that no retry can heal
-- (dead = 1), makes the row dead. dead = 2 only lets it wait.
UPDATE {table} AS o
   SET {retry_count} = coalesce(o.{retry_count}, 0)
                       + CASE WHEN o.{retry_count} >= $6::integer OR f.dead = 2 THEN 0 ELSE 1 END,
       {last_error} = f.error, {error_class} = f.class,
       {next_attempt_at} = CASE WHEN f.dead = 1 OR (f.dead = 0 AND coalesce(o.{retry_count}, 0) + 1 >= $6::integer) THEN NULL
                                ELSE clock_timestamp() + f.delay_ms * interval '1 millisecond' END,
       {dead_at} = CASE WHEN f.dead = 1 OR (f.dead = 0 AND coalesce(o.{retry_count}, 0) + 1 >= $6::integer)
                        THEN clock_timestamp() END
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS f (id, delay_ms, dead, class, error)
 WHERE o.{id} = f.id AND o.{published} IS NOT TRUE
