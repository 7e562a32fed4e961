-- Outside a transaction.
SET lock_timeout = {lock_timeout}
