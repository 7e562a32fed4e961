-- How much is left up to $1. Version 1 keeps no time of the next attempt: a row that failed before waits in some relay's
-- memory.
SELECT count(*), count(*) FILTER (WHERE coalesce(o.{retry_count}, 0) > 0), 0
  FROM {table} AS o
 WHERE {unpublished} AND NOT ({dead}) AND o.{created_at} <= $1
