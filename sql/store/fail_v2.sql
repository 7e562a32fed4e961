-- Counts an attempt, unless all were used up before, and says why. The last one, or a fault that no retry can heal
-- (dead = 1), makes the row dead. dead = 2 only lets it wait. dead = 3 is a row that had no attempt left: it is dead for the
-- reason that it has already, which stays. An application may have made the columns of the reason: each text
-- is cut to what its column has room for.
WITH room AS (
  SELECT a.attname AS name, coalesce(nullif(a.atttypmod, -1), nullif(t.typtypmod, -1)) - 4 AS characters
    FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
   WHERE a.attrelid = {table_literal}::regclass AND a.attname IN ({last_error_literal}, {error_class_literal}))
UPDATE {table} AS o
   SET {retry_count} = coalesce(o.{retry_count}, 0)
                       + CASE WHEN o.{retry_count} >= $6::integer OR f.dead = 2 THEN 0 ELSE 1 END,
       {last_error} = CASE WHEN f.dead = 3 AND o.{last_error} IS NOT NULL THEN o.{last_error}::text
                           ELSE left(f.error, coalesce((SELECT characters FROM room WHERE name = {last_error_literal}), 10000)) END,
       {error_class} = CASE WHEN f.dead = 3 AND o.{last_error} IS NOT NULL THEN o.{error_class}::text
                            ELSE left(f.class, coalesce((SELECT characters FROM room WHERE name = {error_class_literal}), 10000)) END,
       ({next_attempt_at}, {dead_at}) = (
         SELECT CASE WHEN NOT d.dies THEN clock_timestamp() + f.delay_ms * interval '1 millisecond' END,
                CASE WHEN d.dies THEN clock_timestamp() END
           FROM (SELECT f.dead IN (1, 3) OR (f.dead = 0 AND coalesce(o.{retry_count}, 0) >= $6::integer - 1) AS dies) AS d)
  FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS f (id, delay_ms, dead, class, error)
 WHERE o.{id} = f.id AND o.{published} IS NOT TRUE
