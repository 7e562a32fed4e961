-- The dead by topic and reason, the most frequent first: $1 of them at most (they have an index of their own), $2 groups at
-- most. An error's beginning says what it is about, and is what `dead list --error` finds it by. The last of the deaths that
-- have a time: how many milliseconds ago; -1: none has.
SELECT d.topic, d.class, d.error, count(*),
       CASE WHEN bool_or(isfinite(d.died))
            THEN greatest(0, extract(epoch FROM now()) - extract(epoch FROM max(d.died) FILTER (WHERE isfinite(d.died)))) * 1000
            ELSE -1 END::bigint
  FROM (SELECT {topic} AS topic, {class} AS class, {error} AS error, o.{dead_at} AS died
          FROM {table} AS o WHERE {unpublished} AND {dead} LIMIT nullif($1::bigint, 0)) AS d
 GROUP BY d.topic, d.class, d.error
 ORDER BY count(*) DESC, d.topic COLLATE "C", d.error COLLATE "C"
 LIMIT $2
