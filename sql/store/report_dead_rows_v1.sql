-- The dead among the oldest unpublished rows: no index of version 1 knows them, so the limit is on what is looked at.
SELECT {topic} AS topic
  FROM (SELECT * FROM {table} AS o WHERE {unpublished} ORDER BY o.{created_at} LIMIT nullif($1::bigint, 0)) AS o
 WHERE {dead}
