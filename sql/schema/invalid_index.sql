-- Is an index of that name what a build that was cut short has left?
SELECT EXISTS (SELECT
                 FROM pg_index
                WHERE indexrelid = to_regclass({index_literal}) AND indrelid = to_regclass({table_literal})
                  AND NOT (indisvalid AND indisready))
