-- What an application fills. Not what says that a row was published, and not the row's number.
GRANT INSERT ({columns}) ON {table} TO {role}
