-- The statement behind the savepoint succeeded.
RELEASE SAVEPOINT outrider
