-- The places of the next rows, after a claim met a row that cannot be read: what is read of them is their places, and
-- nothing that could fail.
SELECT o.{id} AS id, {position} AS position, {attempts} AS retry_count, o.xmin AS writer,
       o.{created_at}::timestamptz AS created_at
  FROM {table} AS o
 WHERE current_setting('outrider.slot')::boolean AND {placed}
 ORDER BY {order} LIMIT $1
