-- Rows that wait with a number that the sequence has not drawn: how many, the table, the column, the highest number, and
-- what gives them one, in the order of those that they have.
SELECT CASE WHEN s.n < 10000 THEN '' ELSE 'at least ' END || s.n, {oid}::regclass::text, quote_ident({order_name}), s.highest::text,
       format('UPDATE %1$s AS o SET %2$I = n.number FROM (SELECT a.id, nextval(%5$L) AS number FROM (SELECT %4$I AS id FROM %1$s ' ||
              'WHERE %2$I > (SELECT last_value FROM %6$s) AND %3$I IS NOT TRUE ORDER BY %2$I) AS a) AS n WHERE o.%4$I = n.id;',
              {oid}::regclass, {order_name}, {published_name}, {id_name}, {sequence_literal}, to_regclass({sequence_literal}))
  FROM (SELECT count(*) AS n, max(r.number) AS highest
          FROM (SELECT {order} AS number FROM {table} AS o WHERE {unpublished} AND NOT ({dead}) AND {ahead} LIMIT 10000) AS r) AS s
 WHERE s.n > 0
