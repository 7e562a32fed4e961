-- Version 1 has no index that begins with (published, created_at). One that covers only some rows does not count.
SELECT {oid}::regclass::text,
       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY array_position(ARRAY[{published_name}, {created_at_name}], a.attname::text))
          FROM pg_attribute AS a
         WHERE a.attrelid = {oid} AND a.attname IN ({published_name}, {created_at_name}))
 WHERE {version} = 1
   AND NOT EXISTS (SELECT FROM pg_index AS i
                    WHERE i.indrelid = {oid} AND i.indisvalid AND i.indpred IS NULL
                      AND i.indkey[0] = (SELECT attnum FROM pg_attribute WHERE attrelid = {oid} AND attname = {published_name})
                      AND i.indkey[1] = (SELECT attnum FROM pg_attribute WHERE attrelid = {oid} AND attname = {created_at_name}))
