-- The rows whose payloads are looked at; one without an id could not be named.
SELECT o.{id} FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) AND o.{id} IS NOT NULL ORDER BY {order} LIMIT 10000
