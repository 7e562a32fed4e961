-- The queue of each slot. Expression and predicate are the claim's own, word for word, or it would not find its index; the
-- predicate is in other words than the other indexes', or it could find one of those. A row without an aggregate is in
-- slot 0.
CREATE INDEX CONCURRENTLY {index} ON {table} ((coalesce(hashtext({aggregate_id}::text), 0) & {slot_mask}), {seq})
 WHERE NOT coalesce({published}, false) AND {dead_at} IS NULL
