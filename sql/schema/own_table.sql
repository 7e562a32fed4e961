-- Only an owner may change a table. Its sequence goes with it.
ALTER TABLE {table} OWNER TO {owner}
