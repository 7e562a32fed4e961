-- An application's own table is adopted as it is.
SELECT to_regclass({table_literal}) IS NOT NULL
