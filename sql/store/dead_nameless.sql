-- The dead without an id: how many, and what gives them one; no row when there are none. Where the column is NOT NULL no row of
-- the table is read.
SELECT CASE WHEN s.n < 10000 THEN '' ELSE 'at least ' END || s.n, s.remedy
  FROM (SELECT CASE WHEN a.attnotnull THEN 0
                    ELSE (SELECT count(*)
                            FROM (SELECT FROM {table} AS o WHERE {unpublished} AND {dead} AND o.{id} IS NULL LIMIT 10000) AS r) END AS n,
               format('UPDATE %s SET %2$I = gen_random_uuid() WHERE %2$I IS NULL;', a.attrelid::regclass, a.attname) AS remedy
          FROM pg_attribute AS a
         WHERE a.attrelid = $1::oid AND a.attname = $2 AND a.attnum > 0) AS s
 WHERE s.n > 0
