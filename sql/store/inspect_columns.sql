-- The columns as they are. A domain counts as the type beneath it.
SELECT a.attname::text, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL), a.attnotnull
  FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
 WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
