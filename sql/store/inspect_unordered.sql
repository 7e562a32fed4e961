-- Rows that have no place in the queue's order: how many, the column, the table, the name of the flag, what gives such a row a
-- place, what is no place, and the condition of these rows. Two looks into the queue's index.
SELECT CASE WHEN s.n < 10000 THEN '' ELSE 'at least ' END || s.n, quote_ident({order_name}), {oid}::regclass::text,
       quote_ident({published_name}),
       CASE {version} WHEN 2 THEN 'nextval(' || quote_literal({sequence_literal}) || ')' ELSE 'now()' END,
       CASE {version} WHEN 2 THEN 'NULL or the lowest number of all' ELSE 'NULL' END,
       CASE {version} WHEN 2 THEN format('(%1$I IS NULL OR %1$I = ''-9223372036854775808'')', {order_name})
                      ELSE format('%I IS NULL', {order_name}) END
  FROM (SELECT count(*) AS n
          FROM ((SELECT FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) AND {order} IS NULL LIMIT 10000)
                UNION ALL
                (SELECT FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) AND {lowest} LIMIT 10000)) AS r) AS s
 WHERE s.n > 0
