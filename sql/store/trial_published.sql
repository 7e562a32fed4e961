-- Some published row to try the relay's writes on, when none waits. One that a purge holds is passed over.
SELECT o.{id} FROM {table} AS o WHERE o.{published} LIMIT 1 FOR UPDATE SKIP LOCKED
