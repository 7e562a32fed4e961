-- Fails (55P03) when another session has the row's lock. A row that a policy for UPDATE leaves out is not found, locked or
-- not.
SELECT o.{id} FROM {table} AS o WHERE o.{id} = $1::uuid FOR UPDATE OF o NOWAIT
