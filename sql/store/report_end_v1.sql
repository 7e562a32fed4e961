-- The newest created_at that waits, in microseconds since 2000-01-01 (as PostgreSQL keeps it), and how many rows wait.
-- Infinities keep their places at the ends of bigint.
SELECT CASE WHEN isfinite(m.newest) THEN (extract(epoch FROM m.newest) * 1000000 - 946684800000000)::bigint
            WHEN m.newest > 'epoch' THEN 9223372036854775807
            WHEN m.newest < 'epoch' THEN -9223372036854775807 - 1
            ELSE 0 END,
       m.messages
  FROM (SELECT max(o.{created_at}) AS newest, count(*) AS messages
          FROM {table} AS o WHERE {unpublished} AND NOT ({dead})) AS m
