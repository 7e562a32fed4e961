-- The table may belong to another role than the one that applies; what is added to it belongs to the same.
ALTER TABLE {version_table} OWNER TO {owner}
