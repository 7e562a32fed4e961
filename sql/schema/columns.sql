-- The table's columns. A domain counts as the type beneath it. Then: does a default come from elsewhere, does
-- it draw from outrider's own sequence, is it NOT NULL, and can only the server fill it (column_kind.h)?
SELECT a.attname,
       format_type(coalesce(nullif(t.typbasetype, 0), t.oid), NULL),
       (a.atthasdef OR a.attidentity <> '') AND NOT own.drawn,
       own.drawn,
       a.attnotnull,
       CASE WHEN a.attgenerated <> '' THEN 'g' WHEN a.attidentity = 'a' THEN 'i' ELSE '' END
  FROM pg_attribute AS a
  JOIN pg_type AS t ON t.oid = a.atttypid
 CROSS JOIN LATERAL (SELECT EXISTS (SELECT
                                      FROM pg_attrdef AS d
                                      JOIN pg_depend AS p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid
                                     WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum
                                       AND p.refclassid = 'pg_class'::regclass
                                       AND p.refobjid = to_regclass({sequence_literal})) AS drawn) AS own
 WHERE a.attrelid = {table_literal}::regclass AND a.attnum > 0 AND NOT a.attisdropped
