-- The attempts that a row has cost. The column may be of any integer type, and any number may stand in it.
greatest(0, least(coalesce(o.{retry_count}, 0), 2147483647))::integer
