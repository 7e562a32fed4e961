-- The attempts that a row has cost. The column may be of any integer type, and any number may stand in it; more can be
-- added to what this gives.
greatest(0, least(coalesce(o.{retry_count}, 0), 1000000000))::integer
