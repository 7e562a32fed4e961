-- The table's columns. A domain counts as the type beneath it; a type is told by its oid, and named for people. In
-- between: does a default come from elsewhere, and does it draw from outrider's own sequence? At the end: is the column NOT
-- NULL, and can only the server fill it (column_kind.h)?
SELECT a.attname,
       format_type({base_type}, NULL),
       (a.atthasdef OR a.attidentity <> '') AND NOT own.drawn,
       own.drawn,
       {base_type},
       a.attnotnull,
       CASE WHEN a.attgenerated <> '' THEN 'g' WHEN a.attidentity = 'a' THEN 'i' ELSE '' END
  FROM pg_attribute AS a
 CROSS JOIN LATERAL (SELECT EXISTS (SELECT
                                      FROM pg_attrdef AS d
                                      JOIN pg_depend AS p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                                     WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
                                       AND p.refclassid = 'pg_class'::regclass
                                       AND p.refobjid = to_regclass({sequence_literal})) AS drawn) AS own
 WHERE a.attrelid = {table_literal}::regclass AND a.attnum > 0 AND NOT a.attisdropped
