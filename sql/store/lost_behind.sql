-- The same in the order of ids, from $2 on: where some of them cannot be numbered, the others come up behind them. All of them are
-- read, by the claim's index as before; MATERIALIZED keeps the planner from reading the whole table in the order of its ids.
WITH lost AS MATERIALIZED (
  SELECT o.{id} AS id FROM {table} AS o
   WHERE o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND o.{seq} IS NULL {id_there}
  UNION ALL
  SELECT o.{id} FROM {table} AS o
   WHERE o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND {lowest} {id_there})
SELECT l.id FROM lost AS l WHERE l.id >= $2 ORDER BY l.id LIMIT $1
