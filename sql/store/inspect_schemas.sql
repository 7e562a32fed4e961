-- Schemas of the role's own search_path in which strangers may create, and who they are. The session's path is another
-- (arrival_stay.sql): the role's comes back only here, after every name of this statement was looked up.
SELECT quote_ident(n.nspname), w.who
  FROM (SELECT set_config('search_path', p.reset_val, true) AS path FROM pg_settings AS p WHERE p.name = 'search_path') AS own
 CROSS JOIN LATERAL unnest(CASE WHEN own.path IS NOT NULL THEN current_schemas(false) END) AS s (name)
  JOIN pg_namespace AS n ON n.nspname = s.name AND n.nspname <> 'pg_catalog'
 CROSS JOIN LATERAL (SELECT string_agg(CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)::text) END,
                                       ', ' ORDER BY g.grantee) AS who
                       FROM ({strangers}) AS g) AS w
 WHERE w.who IS NOT NULL
