-- Locks what it can and deletes that, in one statement. By id: it finds a row that was changed between the snapshot and
-- the lock, too.
WITH old AS MATERIALIZED (
    {old}
), gone AS (
    DELETE FROM {table} AS o WHERE o.{id} = ANY (ARRAY(SELECT old.id FROM old)) RETURNING 1
)
SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM gone), (SELECT max(old.created_at) FROM old)
