-- What a visitor needs to know of the table: its oid (none: no such table), may published be NULL, is the version table
-- there, is the payload bytea (a domain counts as the type beneath it), and which sequence of outrider's numbers the rows?
-- Names come as parameters, so that any name is just text here.
SELECT c.oid,
       (SELECT NOT a.attnotnull FROM pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attname = $3 AND NOT a.attisdropped) IS TRUE,
       to_regclass($2) IS NOT NULL,
       (SELECT coalesce(nullif(t.typbasetype, 0), t.oid) = 'bytea'::regtype
          FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attname = $4 AND NOT a.attisdropped) IS TRUE,
       {drawn_from}
  FROM pg_class AS c
 WHERE c.oid = to_regclass($1)
