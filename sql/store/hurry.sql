-- A crowd of rows behind one lock of another session: each would wait for lock_timeout. The first has; the others, which are
-- tried again later, wait for a moment.
SET LOCAL lock_timeout = '10ms'
