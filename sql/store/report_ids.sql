-- The rows that a report is about, $2 of them behind the first $1, those that wait and the dead: by what can be read of any.
(SELECT o.{id} FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) ORDER BY {order} OFFSET $1::bigint LIMIT $2::bigint)
UNION ALL
(SELECT o.{id} FROM {table} AS o WHERE {unpublished} AND {dead} OFFSET $1::bigint LIMIT $2::bigint)
