-- The version table goes last, in the transaction of the rest.
SELECT to_regclass({version_table_literal}) IS NULL
