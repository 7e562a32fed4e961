-- The dead have an index of their own.
SELECT {topic} AS topic FROM {table} AS o WHERE {unpublished} AND {dead} LIMIT nullif($1::bigint, 0)
