-- ordering: key while some row waits, or a topic is blocked. Its aggregate's later rows wait with it, until it is due and in reach: now(),
-- not clock_timestamp(), so that a head that comes due inside a window does not free its followers before itself.
-- In reach is what lies behind {since}, where the window began: a head between there and {after} was sent in this window, and its
-- mark may still be to come.
{queue}
AND (o.{next_attempt_at} IS NULL OR o.{next_attempt_at} <= now())
AND coalesce(o.{aggregate_id}::text <> ALL ($5), true)
{unblocked}
AND NOT EXISTS (SELECT FROM {table} AS h
                 WHERE h.{aggregate_id} = o.{aggregate_id} AND h.{seq} < o.{seq}
                   AND h.{published} IS NOT TRUE AND h.{dead_at} IS NULL AND h.{next_attempt_at} IS NOT NULL
                   AND (h.{next_attempt_at} > now() OR h.{seq} <= {since}))
