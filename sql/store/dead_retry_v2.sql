-- All attempts anew. As a row whose next attempt is due it is seen by the relay's next poll. Why it died stays until it
-- fails again: who looks at it in between wants to know.
UPDATE {table} AS o SET {dead_at} = NULL, {retry_count} = 0, {next_attempt_at} = now()
