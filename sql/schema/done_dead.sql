-- Version 1 knows the dead by their attempts, version 2 by dead_at: asked only until the version changes.
SELECT (SELECT version > 1 FROM {version_table})
    OR NOT EXISTS (SELECT
                     FROM {table}
                    WHERE {published} IS NOT TRUE AND {dead_at} IS NULL AND coalesce({retry_count}, 0) >= {max_retries})
