-- Where rows went that were published: of the first 10,000 as they lie in the table, since no index leads to them. Other names
-- than Kafka takes are left out: some may have no equivalent in UTF-8, and the statement would fail.
SELECT DISTINCT s.topic
  FROM (SELECT {topic} AS topic, o.{published} AS published FROM {table} AS o LIMIT 10000) AS s
 WHERE s.published AND s.topic ~ '^[a-zA-Z0-9._-]+$'
