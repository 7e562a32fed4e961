-- What is left up to $1 or without a number, and why; $2: a row that is not free holds back its aggregate's later ones; $3:
-- topics that a relay found blocked. The time until the first waiting row is due in milliseconds, rounded up; one that waits
-- for ever is due at no time. Nothing is locked to find out who locks: a row lock is its transaction's number in xmax, and
-- the lock that every running transaction holds on its own number says whose it is: a backend's, or that of a prepared
-- transaction, which has a name instead of a pid.
WITH r AS (
  SELECT {aggregate} AS aggregate_id, o.{seq} AS position, o.{next_attempt_at} AS next_attempt_at,
         (o.{next_attempt_at} > now()) IS TRUE AS waiting, l.locktype IS NOT NULL AS locked, l.pid, p.gid,
         {topic} = ANY ($3::text[]) AS blocked
    FROM {table} AS o
    LEFT JOIN pg_locks AS l
      ON l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.transactionid = o.xmax
    LEFT JOIN pg_prepared_xacts AS p ON p.transaction = l.transactionid
   WHERE {unpublished} AND NOT ({dead}) AND (o.{seq} <= $1 OR o.{seq} IS NULL)),
heads AS (
  SELECT r.aggregate_id, min(r.position) AS position
    FROM r WHERE $2::boolean AND (r.waiting OR r.locked) GROUP BY r.aggregate_id)
SELECT count(*), count(*) FILTER (WHERE r.waiting),
       coalesce(ceil((extract(epoch FROM min(r.next_attempt_at) FILTER (WHERE r.waiting AND isfinite(r.next_attempt_at)))
                      - extract(epoch FROM now())) * 1000), 0)::bigint,
       count(*) FILTER (WHERE r.locked AND NOT r.waiting), coalesce(min(r.pid), 0),
       count(*) FILTER (WHERE h.position IS NOT NULL AND NOT r.waiting AND NOT r.locked AND NOT r.blocked),
       count(*) FILTER (WHERE r.blocked AND NOT r.waiting AND NOT r.locked),
       min(r.gid) FILTER (WHERE NOT r.waiting)
  FROM r LEFT JOIN heads AS h ON h.aggregate_id = r.aggregate_id AND h.position <= r.position
