-- The last death so far. What is retried may die again at once: without a bound it would be met again and again.
SELECT max(o.{dead_at}) FROM {table} AS o WHERE {unpublished} AND {dead}
