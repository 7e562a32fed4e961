-- on_published: delete writes a tenth of the mark's WAL.
DELETE FROM {table} AS o WHERE o.{id} = ANY ($1) AND o.{published} IS NOT TRUE
