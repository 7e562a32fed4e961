-- Rows that wait for their next attempt: any at all, and the first one that is due. Both read a partial index that is
-- empty on good days.
EXISTS (SELECT FROM {table} AS w
         WHERE w.{next_attempt_at} IS NOT NULL AND w.{published} IS NOT TRUE AND w.{dead_at} IS NULL) AS waiting,
(SELECT min(w.{seq}) FROM {table} AS w
  WHERE w.{next_attempt_at} IS NOT NULL AND w.{next_attempt_at} <= now()
    AND w.{published} IS NOT TRUE AND w.{dead_at} IS NULL) AS due
