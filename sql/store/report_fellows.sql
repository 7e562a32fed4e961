-- Other sessions of the application's name ($1) in this database, by the host that they come from; $2: backends that are
-- ours. A session of ours that is starting has not told its pid yet, so no session counts in its first second. A session
-- that works in a window holds an advisory lock whose first key is the table's oid ($3), see slot_holder.sql.
SELECT coalesce(host(a.client_addr), 'local'), count(*),
       (greatest(0, extract(epoch FROM now() - min(a.backend_start))) * 1000)::bigint,
       bool_or(EXISTS (SELECT FROM pg_locks AS l
                        WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted AND l.classid = $3::bigint::oid
                          AND l.objid::bigint < 64 AND l.objsubid = 2))
  FROM pg_stat_activity AS a
 WHERE a.datname = current_database() AND a.application_name = $1 AND a.backend_type = 'client backend'
   AND a.pid <> ALL ($2::int[]) AND a.pid <> pg_backend_pid() AND a.backend_start < now() - interval '1 s'
 GROUP BY 1
 ORDER BY 1
