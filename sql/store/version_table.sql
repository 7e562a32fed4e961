-- What lies beside the table: is outrider's own version table there (asked apart, because a statement that names an absent
-- table fails), is there the index on the hashes of waiting aggregates, and which sequence of outrider's numbers the rows?
SELECT to_regclass({version_table_literal}) IS NOT NULL, {hashed_waiting}, {drawn_from}
  FROM pg_class AS c
 WHERE c.oid = {table_literal}::regclass
