-- The backlog by topic. $1 rows are counted at most (0: all), the oldest first, so that the age is right even when the count
-- is not. A row without an attempt left (version 2: until a relay comes upon it) counts as spent too. No age where no row has a
-- created_at that is a time. Ages by epochs: a created_at without time zone counts as UTC, like everywhere in outrider.
WITH counted AS (
  (SELECT {topic} AS topic, o.{created_at} AS created_at, false AS dead,
          coalesce(o.{retry_count}, 0) >= {max_retries} AS spent
     FROM {table} AS o WHERE {unpublished} AND NOT ({dead})
    ORDER BY {order} LIMIT nullif($1::bigint, 0))
  UNION ALL
  (SELECT d.topic, NULL, true, false FROM ({dead_rows}) AS d))
SELECT topic, messages, dead,
       CASE WHEN oldest IS NOT NULL THEN (greatest(0, extract(epoch FROM now()) - oldest) * 1000)::bigint END,
       spent
  FROM (SELECT topic,
               count(*) FILTER (WHERE NOT dead) AS messages,
               count(*) FILTER (WHERE dead) AS dead,
               count(*) FILTER (WHERE spent) AS spent,
               extract(epoch FROM min(created_at) FILTER (WHERE isfinite(created_at))) AS oldest
          FROM counted
         GROUP BY topic) AS topics
 ORDER BY topic COLLATE "C"
