-- Row security is in force for this role, and no policy lets it see and change every row.
SELECT {oid}::regclass::text, quote_ident(current_user)
 WHERE row_security_active({oid})
   AND (EXISTS (SELECT FROM pg_policy AS p
                 WHERE p.polrelid = {oid} AND NOT p.polpermissive AND p.polcmd <> 'a'
                   AND (p.polroles = ARRAY[0::oid] OR EXISTS (SELECT FROM unnest(p.polroles) AS r WHERE pg_has_role(r, 'USAGE'))))
        OR NOT EXISTS (SELECT FROM pg_policy AS p
                        WHERE p.polrelid = {oid} AND p.polpermissive AND p.polcmd = '*'
                          AND pg_get_expr(p.polqual, p.polrelid) = 'true'
                          AND (p.polroles = ARRAY[0::oid]
                               OR EXISTS (SELECT FROM unnest(p.polroles) AS r WHERE pg_has_role(r, 'USAGE')))))
