-- The only record that outrider made the table: without this comment it is never dropped. Also the first statement of
-- the drop, where its SHARE UPDATE EXCLUSIVE lock sends an autovacuum away without making writers wait.
COMMENT ON TABLE {table} IS {made_comment}
