-- Without making writers wait.
DROP INDEX CONCURRENTLY IF EXISTS {index_relation}
