-- What only the role's own search_path can tell: its schemas, where a table would be made, and the table that is meant. It runs
-- with that path, so no name may depend on it: every one is qualified, and there is no operator.
SELECT pg_catalog.pg_backend_pid(),
       pg_catalog.set_config('outrider.schemas', pg_catalog.current_schemas(false)::pg_catalog.text, true),
       pg_catalog.set_config('outrider.creation', coalesce(pg_catalog.current_schema()::pg_catalog.text, ''), true),
       pg_catalog.set_config('outrider.table', coalesce(pg_catalog.to_regclass({table_literal})::pg_catalog.oid::pg_catalog.text,
                                                        '0'), true)
