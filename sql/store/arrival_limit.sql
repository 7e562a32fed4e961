-- A connection's first statement but BEGIN: whatever limit the role has of its own, looking about must not run into it. A SET,
-- because it reads no catalogue, and so is done in well under a millisecond.
SET LOCAL statement_timeout = 0
