-- A visitor is a guest: its transaction has a deadline on the server too, so that a count nobody waits for any more does
-- not go on, and it does not queue behind ALTER TABLE for that long. Local to the transaction, for a pooler hands the
-- connection on: so is the search_path that arrival_stay.sql has found. Times are read and printed in one way, so that a
-- place in a list can be given back as text: a created_at without time zone counts as UTC.
SELECT set_config('search_path', $3, true), set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', '30s', true), set_config('jit', 'off', true),
       set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true)
