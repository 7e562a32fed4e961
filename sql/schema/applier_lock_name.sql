-- The same for a table that does not exist yet, by its name.
SELECT pg_try_advisory_lock(hashtext({table_literal}), -2)
