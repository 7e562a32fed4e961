-- The bytes that a row's texts beside the payload have for the client. Reading and converting them shows whether a relay can.
coalesce(octet_length(textsend(o.{aggregate_type}::text)), 0)::bigint + coalesce(octet_length(textsend(o.{aggregate_id}::text)), 0)
  + coalesce(octet_length(textsend(o.{event_type}::text)), 0) + coalesce(octet_length(textsend({headers_text})), 0)
