-- Everything about a row but what is in it: neither payload nor headers.
GRANT SELECT ({columns}) ON {table} TO {role}
