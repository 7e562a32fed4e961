-- The largest payload of the first 10,000 rows that wait, by topic. The names are read so that a row of which a relay cannot read
-- one makes the statement fail.
SELECT s.topic, max(s.bytes), count(*), max(s.name_bytes)
  FROM (SELECT {topic} AS topic, {payload_bytes} AS bytes, {name_bytes} AS name_bytes
          FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) {among} ORDER BY {order} LIMIT 10000) AS s
 GROUP BY s.topic ORDER BY s.topic COLLATE "C"
