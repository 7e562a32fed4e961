-- For new rows; a default that is set after the column was added touches no old one. The CASE gives the transaction its
-- id before the number is drawn: whoever has seen a number can then find its transaction in a snapshot.
ALTER TABLE {table}
    ALTER COLUMN {seq} SET DEFAULT CASE WHEN pg_current_xact_id() IS NOT NULL THEN nextval({sequence_literal}) END
