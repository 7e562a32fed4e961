-- The highest number that waits, and how many rows wait. A row without a usable one will get one behind all others, so then
-- there is no end.
SELECT CASE WHEN bool_or(o.{seq} IS NULL OR {lowest}) THEN 9223372036854775807
            ELSE coalesce(max(o.{seq}), 0) END,
       count(*)
  FROM {table} AS o WHERE {unpublished} AND NOT ({dead})
