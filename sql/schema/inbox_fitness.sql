-- What is in the way of the inbox, each NULL when nothing is: a function of the application's under one of its names; a
-- column that an application's own inbox lacks; and a column of the outbox that outbox_enqueue could not fill.
SELECT (SELECT format('%I.%I', n.nspname, f.proname)
          FROM pg_proc AS f
          JOIN pg_namespace AS n ON n.oid = f.pronamespace
         WHERE n.nspname = {schema_name} AND f.proname IN ({enqueue_name}, {inbox_purge_name})
           AND obj_description(f.oid, 'pg_proc') LIKE {inbox_comments} IS NOT TRUE
         LIMIT 1),
       (SELECT wanted.name
          FROM (VALUES ('consumer'), ('message_id'), ('received_at')) AS wanted (name)
         WHERE to_regclass({inbox_literal}) IS NOT NULL
           AND wanted.name NOT IN (SELECT a.attname
                                     FROM pg_attribute AS a
                                    WHERE a.attrelid = to_regclass({inbox_literal}) AND NOT a.attisdropped)
         LIMIT 1),
       (SELECT a.attname
          FROM pg_attribute AS a
         WHERE a.attrelid = to_regclass({table_literal}) AND a.attnum > 0 AND NOT a.attisdropped
           AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND a.attname NOT IN ({enqueued_columns})
         ORDER BY a.attnum
         LIMIT 1)
