-- What the relay or the schema's versions cannot serve.
SELECT {oid}::regclass::text,
       CASE c.relkind WHEN 'p' THEN 'a partitioned table' WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view'
                      WHEN 'f' THEN 'a foreign table' WHEN 'r' THEN 'a partition' ELSE 'no table' END
  FROM pg_class AS c
 WHERE c.oid = {oid} AND (c.relkind <> 'r' OR c.relispartition)
