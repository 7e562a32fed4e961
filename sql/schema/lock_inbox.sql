-- What is counted next does not change any more.
LOCK TABLE {inbox} IN ACCESS EXCLUSIVE MODE
