-- The table's kind and columns, its oid and its definition, all of one snapshot. A type comes as its oid, which no setting
-- and no search path changes, and by its name for people. The eighth says whether only the server can fill the column
-- (column_kind.h), the next two whether a trigger can undo a mark, and whether the table has partitions or other
-- children. No row: no such table.
SELECT c.relkind::text, a.attname::text, {base_type}, format_type({base_type}, NULL), a.attnotnull, c.oid, {definition},
       CASE WHEN a.attgenerated <> '' THEN 'g' WHEN a.attidentity = 'a' THEN 'i' ELSE '' END,
       {undoing}, c.relkind = 'p' OR c.relhassubclass
  FROM pg_class AS c
  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.oid = to_regclass({table_literal})
