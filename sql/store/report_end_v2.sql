-- The highest number that waits, and how many rows wait.
SELECT coalesce(max(o.{seq}), 0), count(*) FROM {table} AS o WHERE {unpublished} AND NOT ({dead})
