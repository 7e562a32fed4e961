-- false when a row of the same aggregate waits ahead of `o`. The index on the aggregate's hash
-- (sql/schema/create_waiting_index.sql) finds candidates, and the names are compared. Statistics that saw no row waiting make the
-- planner prefer the queue's index, and read all of the queue for each row of it. So the statement asks for the order of the hash,
-- which only this index gives while sorting is off, and compares by >= and <=, because = would need no order. In reach is what lies behind {since}, where the window began: a head between
-- there and {after} was sent in this window, and its mark may still be to come.
(SELECT false FROM {table} AS h
  WHERE hashtextextended({head_name} COLLATE "C", 0) >= hashtextextended({row_name} COLLATE "C", 0)
    AND hashtextextended({head_name} COLLATE "C", 0) <= hashtextextended({row_name} COLLATE "C", 0)
    AND {head_name} COLLATE "C" = {row_name} COLLATE "C" AND h.{seq} < o.{seq}
    AND h.{published} IS NOT TRUE AND h.{dead_at} IS NULL AND h.{next_attempt_at} IS NOT NULL
    AND (h.{next_attempt_at} > now() OR h.{seq} <= {since})
  ORDER BY hashtextextended({head_name} COLLATE "C", 0), h.{seq} LIMIT 1)
