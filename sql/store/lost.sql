-- No claim comes upon such a row: it waits without a number, or with the lowest, which lies behind no position. For statements that
-- name rows: coalesce() keeps the planner from reading the whole queue by the claim's index to find them.
coalesce(o.{published} IS NOT TRUE AND o.{dead_at} IS NULL
         AND (o.{seq} IS NULL OR {lowest}), false)
