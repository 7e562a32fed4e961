-- A build that was cut short leaves an index that is not valid.
SELECT EXISTS (SELECT
                 FROM pg_index
                WHERE indexrelid = to_regclass({index_literal}) AND indrelid = to_regclass({table_literal})
                  AND indisvalid AND indisready)
