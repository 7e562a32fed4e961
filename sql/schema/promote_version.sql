-- Only when every unpublished row has its number and every index is valid; relays read it in their next window.
UPDATE {version_table}
   SET version = 2, changed_at = now()
 WHERE version = 1
   AND NOT EXISTS (SELECT FROM {table} WHERE {published} IS NOT TRUE AND {dead_at} IS NULL AND {seq} IS NULL)
   AND NOT EXISTS (SELECT FROM {table} WHERE {published} IS NOT TRUE AND {dead_at} IS NOT NULL AND {seq} IS NULL)
   AND (SELECT count(*)
          FROM unnest(ARRAY[{index_literals}]) AS name
          JOIN pg_index AS i ON i.indexrelid = to_regclass(name)
         WHERE i.indrelid = {table_literal}::regclass AND i.indisvalid AND i.indisready) = 4
