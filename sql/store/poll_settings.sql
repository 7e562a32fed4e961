-- The limits of a connection's first poll, as its transaction's: sent in front of it in the same pipeline, and so of one
-- transaction without a BEGIN. Later polls do without, for they would be twice as many statements. One of them that comes
-- to wait behind ALTER TABLE is left by the client, and its backend stays in that queue; but the next connection's first
-- poll brings the limits, so there is never more than one.
SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)
