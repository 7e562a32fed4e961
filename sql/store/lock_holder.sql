-- Who holds a row's lock: the transaction that the row's xmax names, when it is a plain transaction and still running.
SELECT l.pid
  FROM {table} AS o
  JOIN pg_locks AS l ON l.locktype = 'transactionid' AND l.transactionid = o.xmax AND l.granted
 WHERE o.{id} = $1 LIMIT 1
