-- The aggregate of a row of which something cannot be read; maybe this can. A very long one is not worth its memory.
SELECT CASE WHEN octet_length(o.{aggregate_id}::text) <= 1000000 THEN o.{aggregate_id}::text END FROM {table} AS o WHERE o.{id} = $1
