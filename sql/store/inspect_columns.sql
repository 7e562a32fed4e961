-- The columns as they are: name, type, is it NOT NULL, can only the server fill it (column_kind.h), and the default of one
-- that is not. A domain counts as the type beneath it.
SELECT a.attname::text, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL), a.attnotnull,
       CASE WHEN a.attgenerated <> '' THEN 'g' WHEN a.attidentity = 'a' THEN 'i' ELSE '' END,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END
  FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
