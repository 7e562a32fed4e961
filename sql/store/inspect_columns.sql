-- The columns as they are: name, type by its name, is it NOT NULL, type as an oid, can only the server fill it
-- (column_kind.h), and the default of one that is not.
SELECT a.attname::text, format_type({base_type}, NULL), a.attnotnull, {base_type},
       CASE WHEN a.attgenerated <> '' THEN 'g' WHEN a.attidentity = 'a' THEN 'i' ELSE '' END,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END
  FROM pg_attribute AS a
  LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
