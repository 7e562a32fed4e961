-- A report is a guest: its transaction has a deadline on the server too, so that a count nobody waits for any more does
-- not go on. Local to the transaction, for a pooler hands the connection on.
SELECT set_config('statement_timeout', $1, true), set_config('jit', 'off', true)
