-- Locks a row of which nothing else can be read. No row: it is published, or gone, or (ordering: none) another session holds it.
SELECT true FROM {table} AS o WHERE o.{id} = $1 AND o.{published} IS NOT TRUE FOR UPDATE OF o {lock_wait}
