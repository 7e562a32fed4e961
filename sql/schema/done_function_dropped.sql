-- Is the function gone? One that is not outrider's does not count.
SELECT NOT EXISTS (SELECT
                     FROM pg_proc AS f
                     JOIN pg_namespace AS n ON n.oid = f.pronamespace
                    WHERE n.nspname = {schema_name} AND f.proname = {function_name}
                      AND obj_description(f.oid, 'pg_proc') LIKE {inbox_comments})
