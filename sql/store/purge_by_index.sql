-- The next rows behind the position, by the index on (published, created_at). Not behind it but from it on: rows of one
-- transaction have the same created_at, and the last batch may have ended among them.
SELECT o.{id} AS id, o.{created_at} AS created_at
  FROM {table} AS o
 WHERE {published_before} AND o.{created_at} >= $2
 ORDER BY o.{created_at}
 LIMIT $3::bigint
   FOR UPDATE SKIP LOCKED
