-- What a visitor needs to know of the table: its oid (none: no such table), may published be NULL, is the version table
-- there, is the payload bytea, the first column of version 2 that is missing, and which sequence of outrider's numbers the
-- rows? Names come as parameters, so that any name is just text here.
SELECT c.oid,
       (SELECT NOT a.attnotnull FROM pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attname = $3 AND NOT a.attisdropped) IS TRUE,
       to_regclass($2) IS NOT NULL,
       (SELECT {base_type} = 17 FROM pg_attribute AS a
         WHERE a.attrelid = c.oid AND a.attname = $4 AND NOT a.attisdropped) IS TRUE,
       (SELECT n.name FROM unnest($5::text[]) AS n (name)
         WHERE NOT EXISTS (SELECT FROM pg_attribute AS a
                            WHERE a.attrelid = c.oid AND a.attname = n.name AND NOT a.attisdropped)
         LIMIT 1),
       {drawn_from}
  FROM pg_class AS c
 WHERE c.oid = to_regclass($1)
