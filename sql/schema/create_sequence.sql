-- 2^40: the numbers below are for the rows that are there already. CACHE 1: a cached range would be handed out later
-- than numbers above it.
CREATE SEQUENCE IF NOT EXISTS {sequence} AS bigint START WITH 1099511627776 CACHE 1
