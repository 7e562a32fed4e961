-- Some of the newest rows that wait, but for those of $1: can any row be marked at all?
SELECT o.{id}
  FROM {table} AS o
 WHERE {unpublished} AND NOT ({dead}) AND o.{id} <> ALL ($1)
 ORDER BY {newest} LIMIT 3
   FOR UPDATE OF o SKIP LOCKED
