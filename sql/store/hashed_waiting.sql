-- Is there the index on the hashes of waiting aggregates?
EXISTS (SELECT
          FROM pg_index AS i
         WHERE i.indexrelid = to_regclass({waiting_hash_literal}) AND i.indrelid = {table_literal}::regclass
           AND i.indisvalid AND i.indisready)
