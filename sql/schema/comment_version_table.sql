-- For whoever comes across it; and an apply that makes the table anew drops no other's.
COMMENT ON TABLE {version_table} IS {version_comment}
