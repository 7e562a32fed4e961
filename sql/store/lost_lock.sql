-- Which rows of a set can be numbered now: they are locked. One that somebody else holds locked is left out, and so is one that row security hides from
-- an UPDATE. The locks give the transaction its id before nextval() draws numbers, as an INSERT with the column's default does.
SELECT o.{id} FROM {table} AS o WHERE o.{id} = ANY ($1) AND {lost} FOR NO KEY UPDATE SKIP LOCKED
