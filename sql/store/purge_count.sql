-- What a purge would delete.
SELECT count(*) FROM {table} AS o WHERE {published_before}
