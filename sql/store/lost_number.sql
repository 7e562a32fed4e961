-- Numbers rows that no claim comes upon, at most $1 of those without a number and $1 of those with the lowest, as new ones:
-- in which place they were is not known. Under the guard, so that the table has still the version that this was made for.
-- The row locks give the transaction its id before nextval() draws the numbers, as an INSERT with the column's default does. A row that somebody
-- holds locked has its turn later.
WITH missing AS MATERIALIZED (
  SELECT o.{id} AS id, o.{created_at} AS created_at FROM {table} AS o
   WHERE current_setting('outrider.guard')::boolean AND {unchanged}
     AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND o.{seq} IS NULL
   LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED),
lowest AS MATERIALIZED (
  SELECT o.{id} AS id, o.{created_at} AS created_at FROM {table} AS o
   WHERE current_setting('outrider.guard')::boolean AND {unchanged}
     AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND {lowest}
   LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED),
numbered AS MATERIALIZED (
  SELECT l.id, nextval({sequence_literal}) AS seq
    FROM (SELECT id, created_at FROM missing UNION ALL SELECT id, created_at FROM lowest ORDER BY created_at, id) AS l)
UPDATE {table} AS o SET {seq} = n.seq FROM numbered AS n WHERE o.{id} = n.id RETURNING o.{id}
