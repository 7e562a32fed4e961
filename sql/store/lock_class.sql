-- The first half of every advisory lock: the table's oid, wrapped into an int4, so that pg_locks.classid shows the oid.
{table_literal}::regclass::oid::bigint::bit(32)::integer
