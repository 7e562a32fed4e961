-- Only a column that outrider added. Without CASCADE: a view of the application on it is the application's to drop.
ALTER TABLE {table} DROP COLUMN IF EXISTS {column}
