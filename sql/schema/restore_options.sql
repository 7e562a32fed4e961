-- What the table had before version 2.
ALTER TABLE {table} SET ({saved_options})
