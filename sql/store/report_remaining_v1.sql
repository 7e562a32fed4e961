-- What is left up to $1, and why; $2: a row that is not free holds back its aggregate's later ones; $3: topics that a relay
-- found blocked. Version 1 keeps no time of the next attempt: a row that failed before waits in some relay's memory. Nothing
-- is locked to find out who locks: a row lock is its transaction's number in xmax, and the lock that every running
-- transaction holds on its own number says whose it is: a backend's, or that of a prepared transaction, which has a name
-- instead of a pid.
WITH r AS (
  SELECT {aggregate} AS aggregate_id, o.{created_at} AS position, coalesce(o.{retry_count}, 0) > 0 AS waiting,
         l.locktype IS NOT NULL AS locked, l.pid, p.gid, {topic} = ANY ($3::text[]) AS blocked
    FROM {table} AS o
    LEFT JOIN pg_locks AS l
      ON l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.transactionid = o.xmax
    LEFT JOIN pg_prepared_xacts AS p ON p.transaction = l.transactionid
   WHERE {unpublished} AND NOT ({dead}) AND o.{created_at} <= $1),
heads AS (
  SELECT r.aggregate_id, min(r.position) AS position
    FROM r WHERE $2::boolean AND (r.waiting OR r.locked) GROUP BY r.aggregate_id)
SELECT count(*), count(*) FILTER (WHERE r.waiting), 0, count(*) FILTER (WHERE r.locked AND NOT r.waiting),
       coalesce(min(r.pid), 0),
       count(*) FILTER (WHERE h.position IS NOT NULL AND NOT r.waiting AND NOT r.locked AND NOT r.blocked),
       count(*) FILTER (WHERE r.blocked AND NOT r.waiting AND NOT r.locked),
       min(r.gid) FILTER (WHERE NOT r.waiting)
  FROM r LEFT JOIN heads AS h ON h.aggregate_id = r.aggregate_id AND h.position <= r.position
