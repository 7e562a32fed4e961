-- Every row dies once: it is marked, or deleted. PostgreSQL's 20 % of a table that keeps its published rows would leave
-- millions of dead entries in front of the queue; 1 % and 1,000 rows keep a large table at 1 % and a small one free of
-- vacuums without end. Analyzed as often as the share of unpublished rows moves. The settings for inserts stay as they
-- are: each inserted row is updated or deleted soon after, and that alone brings the vacuum.
-- Takes SHARE UPDATE EXCLUSIVE: writers go on, and an autovacuum at work gives way before they would have to wait.
ALTER TABLE {table} SET (
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.02,
    autovacuum_analyze_threshold = 1000
)
