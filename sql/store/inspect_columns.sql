-- The columns as they are: name, type by its name, is it NOT NULL, type as an oid.
SELECT a.attname::text, format_type({base_type}, NULL), a.attnotnull, {base_type}
  FROM pg_attribute AS a
 WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
