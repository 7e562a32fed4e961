-- All columns, the default that draws from outrider's sequence, and the version table with its row.
SELECT {versioned}
   AND (SELECT count(*)
          FROM pg_attribute AS a
         WHERE a.attrelid = {table_literal}::regclass AND NOT a.attisdropped AND a.attname = ANY (ARRAY[{new_columns}])) = 6
   AND EXISTS (SELECT
                 FROM pg_attrdef AS d
                 JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
                 JOIN pg_depend AS p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                WHERE a.attrelid = {table_literal}::regclass AND a.attname = {seq_name}
                  AND p.refclassid = 'pg_class'::regclass AND p.refobjid = to_regclass({sequence_literal}))
