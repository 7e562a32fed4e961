-- What is left up to $1, and why. Version 1 keeps no time of the next attempt: a row that failed before waits in some
-- relay's memory. Nothing is locked to find out who locks: a row lock is its transaction's number in xmax, and the lock
-- that every running transaction holds on its own number says whose it is.
SELECT count(*),
       count(*) FILTER (WHERE coalesce(o.{retry_count}, 0) > 0),
       0,
       count(l.locktype),
       coalesce(min(l.pid), 0)
  FROM {table} AS o
  LEFT JOIN pg_locks AS l ON l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.transactionid = o.xmax
 WHERE {unpublished} AND NOT ({dead}) AND o.{created_at} <= $1
