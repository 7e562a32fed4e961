-- Sessions and walsenders that hold back vacuum for long: what they may still see stays in the claim's index as dead
-- entries. A role without pg_read_all_stats sees others' xmin and not their times; there the age in transactions counts.
SELECT a.pid::text, coalesce(a.usename::text, 'unknown'), coalesce(nullif(a.application_name, ''), 'without a name'),
       coalesce(a.state, 'not shown'),
       coalesce(round(extract(epoch FROM now() - a.xact_start))::bigint || ' s',
                greatest(age(a.backend_xmin), age(a.backend_xid)) || ' transactions')
  FROM pg_stat_activity AS a
 WHERE a.pid <> pg_backend_pid()
   AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
   AND (a.datname = current_database() OR a.backend_type = 'walsender')
   AND coalesce(a.backend_type, '') <> 'autovacuum worker'
   AND coalesce(a.xact_start <= now() - make_interval(secs => {held_seconds}),
                greatest(age(a.backend_xmin), age(a.backend_xid)) > 100000)
UNION ALL
SELECT NULL, 'role ' || quote_ident(current_user) || ' may not see for how long others'' transactions have been open '
             || '(GRANT pg_read_all_stats would let it); only such as are over 100,000 transactions old are found',
       NULL, NULL, NULL
 WHERE NOT pg_has_role('pg_read_all_stats', 'USAGE')
