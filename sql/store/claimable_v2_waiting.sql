-- ordering: key while some row waits, or a topic is blocked. Its aggregate's later rows wait with it, until it is due and in reach: now(),
-- not clock_timestamp(), so that a head that comes due inside a window does not free its followers before itself.
-- In reach is what lies behind {since}, where the window began: a head between there and {after} was sent in this window, and its
-- mark may still be to come.
-- The heads' own index gives an order that no other does, with >= and <= where = would do without one, and sorting is off: statistics
-- that saw no row waiting prefer the queue's index, and read all of the queue for each row of it.
{placed}
AND coalesce(o.{aggregate_id}::text <> ALL ($5), true)
{unblocked}
AND (SELECT false FROM {table} AS h
      WHERE h.{aggregate_id} >= o.{aggregate_id} AND h.{aggregate_id} <= o.{aggregate_id} AND h.{seq} < o.{seq}
        AND h.{published} IS NOT TRUE AND h.{dead_at} IS NULL AND h.{next_attempt_at} IS NOT NULL
        AND (h.{next_attempt_at} > now() OR h.{seq} <= {since})
      ORDER BY h.{aggregate_id}, h.{seq} LIMIT 1) IS NOT FALSE
