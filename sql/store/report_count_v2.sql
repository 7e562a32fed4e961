-- How much is left up to $1 or without a number, how much of it waits, and for how many milliseconds (rounded up) the first
-- of that does; for ever is no number of them.
SELECT count(*),
       count(*) FILTER (WHERE o.{next_attempt_at} > now()),
       coalesce(ceil((extract(epoch FROM min(o.{next_attempt_at}) FILTER (WHERE o.{next_attempt_at} > now()
                                                                                AND isfinite(o.{next_attempt_at})))
                      - extract(epoch FROM now())) * 1000), 0)::bigint
  FROM {table} AS o
 WHERE {unpublished} AND NOT ({dead}) AND (o.{seq} <= $1 OR o.{seq} IS NULL)
