-- Which rows of a set were left unmarked, although no statement failed: a trigger, a rule or row security kept them.
SELECT o.{id} FROM {table} AS o WHERE o.{id} = ANY ($1) AND o.{published} IS NOT TRUE
