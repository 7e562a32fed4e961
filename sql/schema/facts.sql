-- What is there, and what this role may do: one row, also when there is no such table.
SELECT n.nspname,
       c.oid IS NOT NULL,
       c.relkind,
       c.relispartition,
       pg_get_userbyid(c.relowner),
       pg_has_role(c.relowner, 'USAGE'),
       has_schema_privilege(n.oid, 'CREATE'),
       has_database_privilege(current_database(), 'TEMP'),
       coalesce(obj_description(c.oid, 'pg_class') = {made_comment}, false),
       CASE WHEN n.oid IS NOT NULL THEN to_regclass(format('%I.%I', n.nspname, {version_table_name})) IS NOT NULL END,
       current_user,
       current_database(),
       current_setting('server_version_num'),
       pg_backend_pid(),
       EXISTS (SELECT
                 FROM pg_class AS i
                WHERE i.relnamespace = n.oid AND i.relname = 'inbox_messages'
                  AND obj_description(i.oid, 'pg_class') LIKE {inbox_comments})
       OR EXISTS (SELECT
                    FROM pg_proc AS f
                   WHERE f.pronamespace = n.oid AND f.proname IN ({enqueue_name}, {inbox_purge_name})
                     AND obj_description(f.oid, 'pg_proc') LIKE {inbox_comments}),
       obj_description(to_regclass(quote_ident(n.nspname) || '.' || quote_ident({version_table_name})), 'pg_class') = {version_comment},
       (SELECT d.refobjid::regclass::text
          FROM pg_depend AS d
         WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'
           AND d.objid = to_regclass(quote_ident(n.nspname) || '.' || quote_ident({sequence_name}))
         LIMIT 1)
  FROM (SELECT to_regclass({table_literal}) AS oid) AS named
  LEFT JOIN pg_class AS c ON c.oid = named.oid
  LEFT JOIN pg_namespace AS n
    ON n.oid = coalesce(c.relnamespace, (SELECT s.oid
                                           FROM pg_namespace AS s
                                          WHERE s.nspname = coalesce({schema_name}, current_schema())))
