-- Some rows that wait, but for those of $1: can any row be marked at all? The newest, the oldest, and others of a thousand at
-- either end as chance has them: rows that cannot be marked come in crowds, and one that can may be anywhere among them. Only
-- ids are read, by the claim's index, and as many as are tried are locked. First comes $2, which could be marked before.
WITH oldest AS MATERIALIZED (
  SELECT o.{id} AS id FROM {table} AS o
   WHERE {unpublished} AND NOT ({dead}) AND o.{id} NOT IN (SELECT unnest($1))
   ORDER BY {order} LIMIT 1000),
newest AS MATERIALIZED (
  SELECT o.{id} AS id FROM {table} AS o
   WHERE {unpublished} AND NOT ({dead}) AND o.{id} NOT IN (SELECT unnest($1))
   ORDER BY {newest} LIMIT 1000),
chosen AS MATERIALIZED (
  (SELECT id FROM newest LIMIT 3) UNION (SELECT id FROM oldest LIMIT 3) UNION
  (SELECT id FROM (SELECT id FROM newest UNION SELECT id FROM oldest) AS any_of ORDER BY random() LIMIT 94))
SELECT o.{id}
  FROM {table} AS o
 WHERE o.{id} = ANY (ARRAY(SELECT id FROM chosen) || $2::uuid) AND {unpublished} AND NOT ({dead}) AND o.{id} <> ALL ($1)
 ORDER BY o.{id} = $2 DESC, random()
   FOR UPDATE OF o SKIP LOCKED
