-- Only a table that outrider made.
DROP TABLE {table}
