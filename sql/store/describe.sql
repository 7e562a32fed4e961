-- The table's kind and columns. A domain counts as the type beneath it. The last says whether only the server can fill the
-- column (column_kind.h). No row: no such table.
SELECT c.relkind::text, a.attname::text, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL), a.attnotnull,
       CASE WHEN a.attgenerated <> '' THEN 'g' WHEN a.attidentity = 'a' THEN 'i' ELSE '' END
  FROM pg_class AS c
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type AS t ON t.oid = a.atttypid
 WHERE c.oid = to_regclass({table_literal})
