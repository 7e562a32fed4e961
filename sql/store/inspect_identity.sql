-- A row is marked by its id alone: two with one id would be marked together, and a mark without an index reads the table.
SELECT {oid}::regclass::text, quote_ident({id_name})
  FROM pg_attribute AS a
 WHERE a.attrelid = {oid} AND a.attname = {id_name}
   AND NOT EXISTS (SELECT FROM pg_index AS i
                    WHERE i.indrelid = {oid} AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
                      AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum)
