-- Something else that has the name of an index that is to be made: most often the index of a table that had this table's name
-- before, and kept its indexes when it was renamed. Its name, and the table that it is of, if any.
SELECT n.name, (SELECT i.indrelid::regclass::text FROM pg_index AS i WHERE i.indexrelid = to_regclass(n.name))
  FROM (SELECT 2, unnest(ARRAY[{index_literals}, {slot_index_literal}])
         UNION ALL
        SELECT 1, {unpublished_index_literal} WHERE to_regclass({table_literal}) IS NULL) AS n (version, name)
 WHERE n.version <= {version} AND to_regclass(n.name) IS NOT NULL
   AND NOT EXISTS (SELECT
                     FROM pg_index AS i
                    WHERE i.indexrelid = to_regclass(n.name) AND i.indrelid = to_regclass({table_literal}))
 ORDER BY n.version
 LIMIT 1
