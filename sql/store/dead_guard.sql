-- The guard that relays share and that schema apply takes exclusively to change the version: whoever has it, under
-- lock_timeout, can rely on the version that it reads next.
SELECT pg_advisory_xact_lock_shared($1::bigint::bit(32)::integer, -1)
