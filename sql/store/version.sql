-- The table's version and its number of slots: one row.
SELECT version, slots FROM {version_table}
