-- Who stands in the way: of those that hold a lock on the table, or the guard, the one with the oldest transaction.
-- The query's text is not shown: it may hold data.
SELECT l.pid,
       a.application_name,
       coalesce(nullif(a.state, ''), a.backend_type),
       extract(epoch FROM clock_timestamp() - a.xact_start)::bigint
  FROM pg_locks AS l
  LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
 WHERE l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
   AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
   AND (l.locktype = 'relation' AND l.relation = to_regclass({table_literal})
        OR l.locktype = 'relation' AND l.relation = to_regclass({version_table_literal})
        OR l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = to_regclass({table_literal}) AND l.objid::bigint = 4294967295)
 ORDER BY a.xact_start
 LIMIT 1
