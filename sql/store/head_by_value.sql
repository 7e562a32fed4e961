-- The same by the index on the aggregate itself: of types whose text an index cannot have, and of a table to which this
-- outrider's schema was not applied yet. The column's own order finds it, and "C" decides.
(SELECT false FROM {table} AS h
  WHERE h.{aggregate_id} >= o.{aggregate_id} AND h.{aggregate_id} <= o.{aggregate_id}
    AND {head_name} COLLATE "C" = {row_name} COLLATE "C" AND h.{seq} < o.{seq}
    AND h.{published} IS NOT TRUE AND h.{dead_at} IS NULL AND h.{next_attempt_at} IS NOT NULL
    AND (h.{next_attempt_at} > now() OR h.{seq} <= {since})
  ORDER BY h.{aggregate_id}, h.{seq} LIMIT 1)
