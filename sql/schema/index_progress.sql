-- What a CREATE INDEX CONCURRENTLY of the session $1 does, or whom any other statement of it waits for.
SELECT coalesce(p.phase, 'waiting'),
       CASE WHEN p.blocks_total > 0 THEN 100 * p.blocks_done / p.blocks_total END,
       coalesce(nullif(p.current_locker_pid, 0), (pg_blocking_pids($1::integer))[1])
  FROM (SELECT) AS one
  LEFT JOIN pg_stat_progress_create_index AS p ON p.pid = $1::integer
