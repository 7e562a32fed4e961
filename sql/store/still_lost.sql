-- Which rows of a set are still without a usable number, after they were given one.
SELECT o.{id} FROM {table} AS o
 WHERE o.{id} = ANY ($1) AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL
   AND (o.{seq} IS NULL OR {lowest})
