-- One set-based UPDATE a batch. Rows that are published already do not count, so the caller's comparison notices them.
UPDATE {table} AS o SET {published} = true, {published_at} = now() WHERE o.{id} = ANY ($1) AND o.{published} IS NOT TRUE
