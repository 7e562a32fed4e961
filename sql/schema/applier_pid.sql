-- Who holds the lock of schema commands, by the table or by its name.
SELECT l.pid,
       regexp_replace('user ' || coalesce(a.usename, '?') || ', application ' || coalesce(a.application_name, ''), '[^ -~]', '?', 'g')
  FROM pg_locks AS l
  LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.pid <> pg_backend_pid()
   AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
   AND l.objid::bigint = 4294967294
   AND l.classid::bigint = coalesce(to_regclass({table_literal})::oid::bigint, hashtext({table_literal})::bigint & 4294967295)
