-- Notes the columns that are about to be added, before they are: a column that the application has already stays its own.
UPDATE {version_table}
   SET made_columns = ARRAY(SELECT unnest(made_columns)
                             UNION
                            SELECT name
                              FROM unnest(ARRAY[{new_columns}]) AS name
                             WHERE NOT EXISTS (SELECT
                                                 FROM pg_attribute AS a
                                                WHERE a.attrelid = {table_literal}::regclass AND a.attname = name
                                                  AND NOT a.attisdropped)
                             ORDER BY 1)
