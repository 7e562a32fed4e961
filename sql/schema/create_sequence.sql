-- 2^40: the numbers below are for the rows that are there already. It is more where rows have numbers from before (see
-- highest_number.sql): then there is room for as many above theirs. CACHE 1: a cached range would be handed out later
-- than numbers above it.
CREATE SEQUENCE IF NOT EXISTS {sequence} AS bigint START WITH {first_number} CACHE 1
