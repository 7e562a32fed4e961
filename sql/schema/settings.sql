-- The session's own settings: whatever the role's defaults are, an index build must not run into a statement_timeout,
-- and a client that freezes inside a transaction must not keep the table locked. The connection check ends an index
-- build whose client is gone. Without seqscan (use_indexes.sql) a plan's cost is no estimate, and would have the server
-- compile it while relays pause.
SELECT set_config('lock_timeout', $1, false),
       set_config('idle_in_transaction_session_timeout', $2, false),
       set_config('statement_timeout', '0', false),
       set_config('client_connection_check_interval', '1s', false),
       set_config('jit', 'off', false),
       set_config('client_min_messages', 'warning', false),
       set_config('default_transaction_read_only', 'off', false)
