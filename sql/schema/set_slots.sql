-- Only when the index of so many slots is valid; one slot uses version 2's own. Relays read it in their next window.
UPDATE {version_table}
   SET slots = {slots}, changed_at = now()
 WHERE version = 2
   AND ({slots} = 1 OR EXISTS (SELECT
                                 FROM pg_index AS i
                                WHERE i.indexrelid = to_regclass({slot_index_literal})
                                  AND i.indrelid = {table_literal}::regclass AND i.indisvalid AND i.indisready))
