-- The dead among the oldest unpublished rows: no index of version 1 knows them, so the limit is on what is looked at. By
-- their names the columns of which a topic can be made, for whoever looks need not be allowed to see payloads.
SELECT {topic} AS topic
  FROM (SELECT o.{id}, o.{aggregate_type}, o.{aggregate_id}, o.{event_type}, o.{retry_count}
          FROM {table} AS o WHERE {unpublished} ORDER BY o.{created_at} LIMIT nullif($1::bigint, 0)) AS o
 WHERE {dead}
