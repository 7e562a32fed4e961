-- A claimed row's columns. position is read as eight bytes: seq, or created_at's microseconds. xmin is the transaction
-- that wrote this version of the row.
o.{id} AS id, {position} AS position, o.{created_at}::timestamptz AS created_at,
o.{aggregate_type}::text AS aggregate_type, o.{aggregate_id}::text AS aggregate_id, o.{event_type}::text AS event_type,
{payload} AS payload, coalesce(o.{retry_count}, 0)::integer AS retry_count, {row_headers} AS headers,
o.xmin AS writer
