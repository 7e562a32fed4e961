-- Which rows of a set show no failed attempt after one was counted: a trigger undid it. Version 1 has only the count, which a
-- trigger that keeps a higher one does not betray.
SELECT o.{id} FROM {table} AS o WHERE o.{id} = ANY ($1) AND o.{published} IS NOT TRUE AND coalesce(o.{retry_count}, 0) = 0
