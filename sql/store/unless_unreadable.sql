-- A column of a row that can be read. CASE, because it evaluates nothing of the rows that cannot.
CASE WHEN o.{id} = ANY ({ids}::uuid[]) THEN {instead} ELSE {text} END
