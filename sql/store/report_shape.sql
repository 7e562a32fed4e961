-- What the reports need to know of the table: its oid (none: no such table), may published be NULL, and is the version
-- table there? Names come as parameters, so that any name is just text here.
SELECT c.oid,
       (SELECT NOT a.attnotnull FROM pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attname = $3 AND NOT a.attisdropped) IS TRUE,
       to_regclass($2) IS NOT NULL
  FROM pg_class AS c
 WHERE c.oid = to_regclass($1)
