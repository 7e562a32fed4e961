-- The largest payload of the first 10,000 rows that wait, by topic.
SELECT s.topic, max(s.bytes), count(*)
  FROM (SELECT {topic} AS topic, {payload_bytes} AS bytes
          FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) {among} ORDER BY {order} LIMIT 10000) AS s
 GROUP BY s.topic ORDER BY s.topic COLLATE "C"
