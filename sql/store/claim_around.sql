-- The claim that shows its holes: the head of the queue, and what could be locked of it. Several times dearer than the
-- plain one, so only after that one met a lock. The values come from the locked version of the row.
WITH head AS MATERIALIZED (
  SELECT o.{id} AS id, {position} AS position, o.{created_at}::timestamptz AS created_at, o.{aggregate_id}::text AS aggregate_id,
         o.xmin AS writer
    FROM {table} AS o
   WHERE current_setting('outrider.slot')::boolean AND {same_table} AND {claimable}
   ORDER BY {order} LIMIT $1),
got AS MATERIALIZED (
  SELECT {row}
    FROM {table} AS o
   WHERE o.{id} = ANY (ARRAY(SELECT id FROM head)) AND o.{published} IS NOT TRUE
     FOR UPDATE OF o SKIP LOCKED)
SELECT got.id IS NOT NULL AS taken, head.id, head.position, head.created_at, got.aggregate_type, head.aggregate_id,
       got.event_type, got.payload, coalesce(got.retry_count, 0) AS retry_count, got.headers,
       coalesce(got.name_bytes, octet_length(head.aggregate_id), 0) AS name_bytes, head.writer
  FROM head LEFT JOIN got ON got.id = head.id
