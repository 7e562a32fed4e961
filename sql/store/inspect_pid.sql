-- The backend that a statement really runs in: behind a pooler not the one that the connection was told of.
SELECT pg_backend_pid()
