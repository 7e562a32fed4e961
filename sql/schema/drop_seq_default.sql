-- The column is the application's own and stays; only the default was ours.
ALTER TABLE {table} ALTER COLUMN {seq} DROP DEFAULT
