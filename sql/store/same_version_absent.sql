-- Version 1 without a version table: still so?
to_regclass({version_table_literal}) IS NULL
