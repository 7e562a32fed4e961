-- For whoever comes across it.
COMMENT ON TABLE {version_table} IS 'outrider: version of the transactional outbox; changed by outrider schema only'
