-- The rows of the next pages of the table, from page $2 on.
SELECT o.{id} AS id, NULL::timestamptz AS created_at
  FROM {table} AS o
 WHERE {published_before}
   AND o.ctid >= format('(%s,0)', $2::bigint)::tid AND o.ctid < format('(%s,0)', $2::bigint + $3::bigint)::tid
   FOR UPDATE SKIP LOCKED
