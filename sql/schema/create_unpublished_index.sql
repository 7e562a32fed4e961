-- Not CONCURRENTLY: the table was made in this transaction, nobody else can see it.
CREATE INDEX {unpublished_index} ON {table} ({published}, {created_at})
