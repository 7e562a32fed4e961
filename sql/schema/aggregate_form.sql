-- How the waiting index knows an aggregate: by the hash of its text, where that never changes; of a bytea's hexadecimal
-- digits, for its text is a setting's affair; or by its value, of types whose text depends on settings or other catalogues
-- (times, enums, arrays), which PostgreSQL lets into no index. A domain counts as the type beneath it. No row: no such column.
WITH RECURSIVE beneath AS (
    SELECT t.oid, t.typbasetype, t.typoutput
      FROM pg_attribute AS a
      JOIN pg_type AS t ON t.oid = a.atttypid
     WHERE a.attrelid = to_regclass({table_literal}) AND a.attname = {aggregate_id_name} AND NOT a.attisdropped
     UNION ALL
    SELECT t.oid, t.typbasetype, t.typoutput
      FROM beneath AS b
      JOIN pg_type AS t ON t.oid = b.typbasetype
)
SELECT CASE WHEN b.oid = 'bytea'::regtype THEN 'digits'
            WHEN c.castmethod = 'b' OR f.provolatile = 'i' THEN 'text'
            ELSE 'value' END
  FROM beneath AS b
  LEFT JOIN pg_cast AS c ON c.castsource = b.oid AND c.casttarget = 'text'::regtype
  LEFT JOIN pg_proc AS f ON f.oid = CASE WHEN c.castfunc > 0 THEN c.castfunc ELSE b.typoutput::oid END
 WHERE b.typbasetype = 0
