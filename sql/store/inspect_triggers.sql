-- What runs with each mark: tgtype's bits are 8 for DELETE, 16 for UPDATE (a delete is preceded by updates of failures).
SELECT t.tgname::text, {oid}::regclass::text, CASE WHEN t.tgtype & 8 <> 0 THEN 'DELETE' ELSE 'UPDATE' END,
       quote_ident(t.tgname)
  FROM pg_trigger AS t
 WHERE t.tgrelid = {oid} AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
   AND t.tgtype & CASE WHEN {deletes} THEN 24 ELSE 16 END <> 0
