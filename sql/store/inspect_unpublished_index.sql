-- Version 1 has no index that begins with (published, created_at). One that covers only some rows does not count.
SELECT {oid}::regclass::text, quote_ident(p.attname) || ', ' || quote_ident(c.attname)
  FROM pg_attribute AS p, pg_attribute AS c
 WHERE {version} = 1
   AND p.attrelid = {oid} AND p.attname = {published_name} AND NOT p.attisdropped
   AND c.attrelid = {oid} AND c.attname = {created_at_name} AND NOT c.attisdropped
   AND NOT EXISTS (SELECT FROM pg_index AS i
                    WHERE i.indrelid = {oid} AND i.indisvalid AND i.indpred IS NULL
                      AND i.indkey[0] = p.attnum AND i.indkey[1] = c.attnum)
