-- After a crash an unlogged table is empty.
SELECT {oid}::regclass::text FROM pg_class AS c WHERE c.oid = {oid} AND c.relpersistence = 'u'
