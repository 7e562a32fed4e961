-- Why rows that were named are not among the dead that were found.
SELECT o.{id}, {unpublished}, {dead} FROM {table} AS o WHERE o.{id} = ANY ($1::uuid[])
