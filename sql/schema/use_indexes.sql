-- The checks that follow run while relays pause: they must use the new indexes, whatever the statistics say.
SET LOCAL enable_seqscan = off
