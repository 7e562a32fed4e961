-- A column of all rows but those with {ids}. CASE evaluates nothing of the other branch.
CASE WHEN o.{id} = ANY ({ids}::uuid[]) THEN {instead} ELSE {text} END
