-- Which rows of a set are still without a usable number.
SELECT o.{id} FROM {table} AS o WHERE o.{id} = ANY ($1) AND {lost}
