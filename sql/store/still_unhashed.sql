-- The claim looks for waiting rows by the aggregate itself: until schema apply has built the index on its hash.
AND NOT {hashed_waiting}
