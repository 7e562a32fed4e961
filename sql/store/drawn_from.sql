-- The sequence of outrider's that the default of seq draws from in the table `c`; NULL: none. Only apply makes such a
-- default, in one transaction with the version table, and a revert drops both in one.
(SELECT min(s.oid::regclass::text)
   FROM pg_attribute AS a
   JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   JOIN pg_depend AS p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
   JOIN pg_class AS s ON s.oid = p.refobjid AND s.relkind = 'S' AND s.relname LIKE '%\_outrider\_seq'
  WHERE a.attrelid = c.oid AND a.attname = {seq_name} AND NOT a.attisdropped)
