-- Is outrider's own version table there? Asked apart, because a statement that names an absent table fails.
SELECT to_regclass({version_table_literal}) IS NOT NULL
