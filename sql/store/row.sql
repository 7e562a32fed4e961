-- A claimed row's columns. position is read as eight bytes: seq, or created_at's microseconds. xmin is the transaction
-- that wrote this version of the row. retry_count may be a bigint that an integer cannot hold: then it is the most of one.
o.{id} AS id, {position} AS position, o.{created_at}::timestamptz AS created_at,
o.{aggregate_type}::text AS aggregate_type, o.{aggregate_id}::text AS aggregate_id, o.{event_type}::text AS event_type,
{payload} AS payload, {attempts} AS retry_count, {row_headers} AS headers,
coalesce(octet_length(o.{aggregate_type}::text), 0)::bigint + coalesce(octet_length(o.{aggregate_id}::text), 0)
  + coalesce(octet_length(o.{event_type}::text), 0) AS name_bytes,
o.xmin AS writer
