-- What a CREATE INDEX CONCURRENTLY that was cut short has left; one that is being built just now is not.
SELECT i.indexrelid::regclass::text, {oid}::regclass::text
  FROM pg_index AS i
 WHERE i.indrelid = {oid} AND NOT (i.indisvalid AND i.indisready)
   AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index AS p WHERE p.relid = {oid})
