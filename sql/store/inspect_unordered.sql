-- Rows that have no place in the queue's order: how many, the column, the table, the name of the flag, and what gives such a
-- row a place.
SELECT CASE WHEN s.n < 10000 THEN '' ELSE 'at least ' END || s.n, quote_ident({order_name}), {oid}::regclass::text,
       quote_ident({published_name}),
       CASE {version} WHEN 2 THEN 'nextval(' || quote_literal({sequence_literal}) || ')' ELSE 'now()' END
  FROM (SELECT count(*) AS n
          FROM (SELECT FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) AND {order} IS NULL LIMIT 10000) AS r) AS s
 WHERE s.n > 0
