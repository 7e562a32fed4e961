-- false when a row of the same aggregate waits ahead of `o`, by the index on the aggregate's hash
-- (sql/schema/create_waiting_index.sql), with a look at the name itself. The index gives an order that no other does, with
-- >= and <= where = would do without one, and sorting is off: statistics that saw no row waiting prefer the queue's index,
-- and read all of the queue for each row of it. In reach is what lies behind {since}, where the window began: a head between
-- there and {after} was sent in this window, and its mark may still be to come.
(SELECT false FROM {table} AS h
  WHERE hashtextextended({head_name} COLLATE "C", 0) >= hashtextextended({row_name} COLLATE "C", 0)
    AND hashtextextended({head_name} COLLATE "C", 0) <= hashtextextended({row_name} COLLATE "C", 0)
    AND {head_name} COLLATE "C" = {row_name} COLLATE "C" AND h.{seq} < o.{seq}
    AND h.{published} IS NOT TRUE AND h.{dead_at} IS NULL AND h.{next_attempt_at} IS NOT NULL
    AND (h.{next_attempt_at} > now() OR h.{seq} <= {since})
  ORDER BY hashtextextended({head_name} COLLATE "C", 0), h.{seq} LIMIT 1)
