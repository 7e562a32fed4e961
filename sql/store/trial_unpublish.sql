-- So that the relay's own statements, which change unpublished rows only, have one. It is rolled back.
UPDATE {table} AS o SET {published} = false WHERE o.{id} = ANY ($1)
