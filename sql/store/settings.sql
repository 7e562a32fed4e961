-- The transaction's own settings, and the guard that schema apply takes exclusively. SET LOCAL in a form that
-- takes parameters, so that nothing outlives the transaction (a pooler hands the connection on).
-- The search_path is what arrival_stay.sql found, here for a connection that a pooler hands on.
-- A created_at without a time zone counts as UTC, whatever the role's own zone is.
-- The planner is held to index order: the same claim got three plans from statistics alone, and a claim has an index. So a plan
-- fits whatever the parameters are, and is made once where a statement has a name.
SELECT set_config('statement_timeout', $1, true),
       set_config('lock_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', $3, true),
       set_config('TimeZone', 'UTC', true),
       set_config('client_connection_check_interval', '1s', true),
       set_config('enable_seqscan', 'off', true),
       set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true),
       set_config('jit', 'off', true),
       set_config('plan_cache_mode', 'force_generic_plan', true),
       set_config('search_path', $4, true),
       set_config('outrider.guard', pg_try_advisory_xact_lock_shared({lock_class}, -1)::text, true)
