-- Is the function there, as this outrider would make it?
SELECT EXISTS (SELECT
                 FROM pg_proc AS f
                 JOIN pg_namespace AS n ON n.oid = f.pronamespace
                WHERE n.nspname = {schema_name} AND f.proname = {function_name}
                  AND obj_description(f.oid, 'pg_proc') = {inbox_comment})
