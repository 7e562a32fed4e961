-- Rows that wait with a number that the sequence has not drawn: how many, the table, the column, the highest number, and
-- what gives them one.
SELECT CASE WHEN s.n < 10000 THEN '' ELSE 'at least ' END || s.n, {oid}::regclass::text, quote_ident({order_name}), s.highest::text,
       'UPDATE ' || {oid}::regclass::text || ' SET ' || quote_ident({order_name}) || ' = nextval(' || quote_literal({sequence_literal})
       || ') WHERE ' || quote_ident({order_name}) || ' > (SELECT last_value FROM ' || to_regclass({sequence_literal})::text
       || ') AND ' || quote_ident({published_name}) || ' IS NOT TRUE;'
  FROM (SELECT count(*) AS n, max(r.number) AS highest
          FROM (SELECT {order} AS number FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) AND {ahead} LIMIT 10000) AS r) AS s
 WHERE s.n > 0
