-- The search_path and the limits of the relay's own sessions; behind a pooler, where another server process answers than the
-- connection was told of ($1), they end with this transaction, and later ones bring their own. The path is the role's without
-- the schemas in which strangers may create: an operator there that fits better than PostgreSQL's own would run as the relay.
-- The others stay, for triggers of the table look up names by it. Trusted are the schema's owner, the table's, superusers, and
-- the role itself. Gives the table's schema (NULL: no such table), where one would be made, and the path.
SELECT t.schema, t.creation, t.path,
       set_config('search_path', t.path, t.pooled), set_config('statement_timeout', $2, t.pooled),
       set_config('lock_timeout', $3, t.pooled), set_config('idle_in_transaction_session_timeout', $4, t.pooled),
       set_config('idle_session_timeout', '0', t.pooled)
  FROM (SELECT (SELECT n.nspname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                 WHERE c.oid = current_setting('outrider.table')::oid) AS schema,
               nullif(current_setting('outrider.creation'), '') AS creation,
               pg_backend_pid() <> $1 AS pooled,
               CASE WHEN current_setting('outrider.creation') = '' THEN '""'
                    ELSE coalesce((SELECT string_agg(quote_ident(s.name), ', ' ORDER BY s.place)
                                     FROM unnest(current_setting('outrider.schemas')::text[]) WITH ORDINALITY AS s (name, place)
                                     JOIN pg_namespace AS n ON n.nspname::text = s.name
                                    WHERE s.name <> 'pg_catalog' AND NOT EXISTS ({strangers})), 'pg_catalog') || ', pg_temp'
                     END AS path) AS t
