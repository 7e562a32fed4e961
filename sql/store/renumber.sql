-- For people: gives the waiting rows whose number the sequence has not drawn one of the sequence's, in the order of those that
-- they have.
UPDATE {table} AS o SET {seq} = n.number
  FROM (SELECT a.id, nextval({sequence_literal}) AS number
          FROM (SELECT {id} AS id FROM {table}
                 WHERE {seq} > (SELECT last_value FROM {sequence}) AND {published} IS NOT TRUE ORDER BY {seq}) AS a) AS n
 WHERE o.{id} = n.id
