-- The next rows in the table's order, locked. current_setting is a one-time filter: without the slot nothing is read.
-- NOWAIT with ordering: key, because a row that somebody else holds must not be overtaken by its followers;
-- SKIP LOCKED with ordering: none.
SELECT true AS taken, {row}
  FROM {table} AS o
 WHERE current_setting('outrider.slot')::boolean AND {same_table} AND {claimable}
 ORDER BY {order} LIMIT $1 FOR UPDATE OF o {lock_wait}
