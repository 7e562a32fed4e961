-- Takes SHARE UPDATE EXCLUSIVE, so an autovacuum at work gives way before the columns' lock is asked for.
ALTER TABLE {table} RESET (
    autovacuum_vacuum_scale_factor,
    autovacuum_vacuum_threshold,
    autovacuum_analyze_scale_factor,
    autovacuum_analyze_threshold
)
