-- Each row of an outbox dies once.
SELECT {oid}::regclass::text,
       CASE WHEN current_setting('autovacuum')::boolean THEN 'autovacuum_enabled is false for the table'
            ELSE 'autovacuum is off for the whole server' END,
       CASE WHEN current_setting('autovacuum')::boolean
            THEN format('ALTER TABLE %s RESET (autovacuum_enabled);', {oid}::regclass)
            ELSE 'ALTER SYSTEM SET autovacuum = on; SELECT pg_reload_conf();' END
  FROM pg_class AS c
 WHERE c.oid = {oid}
   AND (NOT current_setting('autovacuum')::boolean
        OR EXISTS (SELECT FROM pg_options_to_table(c.reloptions) AS o
                    WHERE o.option_name = 'autovacuum_enabled' AND NOT o.option_value::boolean))
