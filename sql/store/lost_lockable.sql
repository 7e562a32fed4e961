-- Which rows of a set could be locked, when nobody holds one of them: fails when somebody does.
SELECT o.{id} FROM {table} AS o WHERE o.{id} = ANY ($1) AND {lost} FOR NO KEY UPDATE NOWAIT
