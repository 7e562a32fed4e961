-- The statement behind the savepoint failed: the transaction goes on without it.
ROLLBACK TO SAVEPOINT outrider
