-- The columns that outrider added, the only ones that a revert removes.
SELECT unnest(made_columns) FROM {version_table}
