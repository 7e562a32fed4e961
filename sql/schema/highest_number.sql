-- The highest number that a row has from before: a revert leaves the column when it came with a copy. The rows without a
-- number, and those that come, go behind it. A number of more than 2^62 was set by a writer and leaves no room above it.
SELECT max({seq}) FILTER (WHERE {seq} < 4611686018427387904) FROM {table}
