-- What is left up to $1, and why; the time until the first waiting row is due in milliseconds, rounded up. Nothing is
-- locked to find out who locks: a row lock is its transaction's number in xmax, and the lock that every running
-- transaction holds on its own number says whose it is.
SELECT count(*),
       count(*) FILTER (WHERE o.{next_attempt_at} > now()),
       coalesce(ceil(extract(epoch FROM min(o.{next_attempt_at}) FILTER (WHERE o.{next_attempt_at} > now()) - now()) * 1000), 0)::bigint,
       count(l.locktype),
       coalesce(min(l.pid), 0)
  FROM {table} AS o
  LEFT JOIN pg_locks AS l ON l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.transactionid = o.xmax
 WHERE {unpublished} AND NOT ({dead}) AND o.{seq} <= $1
