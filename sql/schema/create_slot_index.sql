-- The queue of each slot. The expression is the claim's own, word for word, or the claim would not find its index. A row
-- without an aggregate is in slot 0.
CREATE INDEX CONCURRENTLY {index} ON {table} ((coalesce(hashtext({aggregate_id}::text), 0) & {slot_mask}), {seq})
 WHERE {published} IS NOT TRUE AND {dead_at} IS NULL
