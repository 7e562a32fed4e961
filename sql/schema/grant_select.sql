-- A message is nearly the whole row.
GRANT SELECT ON {table} TO {role}
