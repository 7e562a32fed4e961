-- Is the table gone?
SELECT to_regclass({table_literal}) IS NULL
