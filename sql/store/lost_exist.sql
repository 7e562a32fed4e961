-- Does a row wait that no claim comes upon: without a number, or with the lowest, which lies behind no position? Two looks
-- into the claim's index, and nothing to do on almost all days.
SELECT EXISTS (SELECT FROM {table} AS o
                WHERE o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND o.{seq} IS NULL)
    OR EXISTS (SELECT FROM {table} AS o
                WHERE o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND {lowest})
