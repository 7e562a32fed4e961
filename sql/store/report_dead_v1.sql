-- Version 1 knows the dead by their attempts only.
coalesce(o.{retry_count}, 0) >= {max_retries}
