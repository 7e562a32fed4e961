-- One schema command at a time on a table; tried, not waited for: a waiting statement would hold a snapshot, and the
-- other one's CREATE INDEX CONCURRENTLY waits for old snapshots.
SELECT pg_try_advisory_lock({table_literal}::regclass::oid::bigint::bit(32)::integer, -2)
