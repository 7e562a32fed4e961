-- An application's own inbox is adopted as it is.
SELECT to_regclass({inbox_literal}) IS NOT NULL
