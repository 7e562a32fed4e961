-- Without it the table is at version 1.
DROP TABLE IF EXISTS {version_table}
