-- Is the index gone, in whatever state it was? One of that name on another table is not outrider's.
SELECT NOT EXISTS (SELECT
                     FROM pg_index
                    WHERE indexrelid = to_regclass({index_literal}) AND indrelid = to_regclass({table_literal}))
