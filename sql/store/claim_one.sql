-- The row of an id as a claim reads it, without a lock: what fails here fails for this row alone.
SELECT true AS taken, {row}
  FROM {table} AS o
 WHERE o.{id} = $12
