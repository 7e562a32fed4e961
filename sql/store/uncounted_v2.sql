-- Which rows of a set neither wait nor are dead after a failed attempt was counted: a trigger undid it.
SELECT o.{id} FROM {table} AS o
 WHERE o.{id} = ANY ($1) AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL
   AND (o.{next_attempt_at} IS NULL OR o.{next_attempt_at} <= now())
