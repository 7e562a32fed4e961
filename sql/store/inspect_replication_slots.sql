-- Slots that nobody reads from: they keep WAL until the disk is full, and an xmin holds back vacuum.
SELECT s.slot_name::text, s.slot_type, coalesce(pg_size_pretty(pg_current_wal_lsn() - s.restart_lsn), 'no WAL'),
       CASE WHEN s.xmin IS NULL THEN '' ELSE ' and holds back vacuum' END, quote_literal(s.slot_name)
  FROM pg_replication_slots AS s
 WHERE NOT s.active AND NOT pg_is_in_recovery() AND (s.restart_lsn IS NOT NULL OR s.xmin IS NOT NULL)
