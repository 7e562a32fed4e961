-- Numbers the rows of a set that no claim comes upon, as new ones, in the order of created_at. A plain UPDATE like a mark, without WITH or
-- RETURNING: a rule of the table may split it into several.
UPDATE {table} AS o SET {seq} = n.seq
  FROM (SELECT l.id, nextval({sequence_literal}) AS seq
          FROM (SELECT o.{id} AS id, o.{created_at} AS created_at FROM {table} AS o
                 WHERE current_setting('outrider.guard')::boolean AND {unchanged} AND o.{id} = ANY ($1) AND {lost}
                   FOR NO KEY UPDATE SKIP LOCKED) AS l
         ORDER BY l.created_at, l.id) AS n
 WHERE o.{id} = n.id
