-- A mark of a row that is published already, where the table lets none be unpublished.
UPDATE {table} AS o SET {published} = true, {published_at} = now() WHERE o.{id} = ANY ($1)
