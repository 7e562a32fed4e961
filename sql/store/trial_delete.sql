-- What a purge does to rows in the end.
DELETE FROM {table} AS o WHERE o.{id} = ANY ($1)
