-- Marks, attempts and deaths; and to lock a row takes the right to change it.
GRANT UPDATE ({columns}) ON {table} TO {role}
