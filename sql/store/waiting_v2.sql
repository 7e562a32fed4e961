-- Rows that wait for their next attempt: any at all, and the first one that is due and whose topic is not blocked. Both
-- read a partial index that is empty on good days.
EXISTS (SELECT FROM {table} AS o
         WHERE o.{next_attempt_at} IS NOT NULL AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL) AS waiting,
(SELECT min(o.{seq}) FROM {table} AS o
  WHERE o.{next_attempt_at} IS NOT NULL AND o.{next_attempt_at} <= now()
    AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL
{unblocked}) AS due
