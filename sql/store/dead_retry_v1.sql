-- All attempts anew. The next full sweep finds the row.
UPDATE {table} AS o SET {retry_count} = 0
