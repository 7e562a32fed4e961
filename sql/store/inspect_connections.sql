-- A lane has one connection, and the monitor or a command one more.
SELECT quote_ident(r.rolname), r.rolconnlimit::text, ({lanes} + 1)::text
  FROM pg_roles AS r
 WHERE r.rolname = current_user AND r.rolconnlimit BETWEEN 0 AND {lanes} AND NOT r.rolsuper
