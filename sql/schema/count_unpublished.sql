-- Written so that the index on (published, created_at) serves it.
SELECT count(*) FROM {table} WHERE {published} = false OR {published} IS NULL
