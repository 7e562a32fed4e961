-- The guard: every relay holds it shared, by try, through each of its windows. Exclusive, it comes between two windows,
-- and no relay works while the transaction lasts. Writers never touch it.
SELECT pg_advisory_xact_lock({table_literal}::regclass::oid::bigint::bit(32)::integer, -1)
