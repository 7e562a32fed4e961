-- For the statements that follow in this transaction.
SET LOCAL lock_timeout = {lock_timeout}
