-- The ids of the dead behind a place, and their places.
SELECT o.{id}, {position}::timestamptz
  FROM {table} AS o
 WHERE {dead_behind}
 ORDER BY {position}, o.{id}
 LIMIT $4
