-- The rows whose payloads are looked at.
SELECT o.{id} FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) ORDER BY {order} LIMIT 10000
