-- A poll's own limits, as the transaction's: sent in front of it in the same pipeline, and so of one transaction without
-- a BEGIN. Without them a poll would queue behind ALTER TABLE for as long as that waits, and the server would keep the
-- backend in the queue after the client had left.
SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)
