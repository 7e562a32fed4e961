-- Who holds a row's lock: the transaction that the row's xmax names, when it is a plain transaction and still running. One
-- that was prepared has no pid, but a name.
SELECT coalesce(l.pid, 0), p.gid
  FROM {table} AS o
  JOIN pg_locks AS l ON l.locktype = 'transactionid' AND l.transactionid = o.xmax AND l.granted
  LEFT JOIN pg_prepared_xacts AS p ON p.transaction = o.xmax
 WHERE o.{id} = $1 LIMIT 1
