-- Of rows that could not be locked: which are dead still, and whether row security applies to who asks. Without row security
-- only another session's lock can keep a row from the statement.
SELECT o.{id}, row_security_active({table_literal}::regclass)
  FROM {table} AS o WHERE o.{id} = ANY ($1::uuid[]) AND {unpublished} AND {dead}
