-- The instant before which a row must have been published; does an index lead to such rows in the order of created_at;
-- and how many pages has the table, if it is one that can be walked by pages? Names come as parameters, so that any
-- name is just text here.
SELECT now() - $2::bigint * interval '1 millisecond',
       EXISTS (SELECT
                 FROM pg_index AS i
                 JOIN pg_class AS x ON x.oid = i.indexrelid
                 JOIN pg_am AS m ON m.oid = x.relam AND m.amname = 'btree'
                 JOIN pg_attribute AS p ON p.attrelid = i.indrelid AND p.attnum = i.indkey[0] AND p.attname = $3
                 JOIN pg_attribute AS t ON t.attrelid = i.indrelid AND t.attnum = i.indkey[1] AND t.attname = $4
                WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL),
       CASE WHEN c.relkind = 'r'
            THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint END
  FROM pg_class AS c
 WHERE c.oid = $1::oid
