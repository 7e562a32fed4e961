-- Reads of some rows what reports read of them.
SELECT max(length({topic})), max(length({aggregate})), max(length({class})), max(length({error}))
  FROM {table} AS o WHERE o.{id} = ANY ($1::uuid[])
