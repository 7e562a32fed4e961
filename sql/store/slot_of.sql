-- The slot of a row, in the words of the slots' index (sql/schema/create_slot_index.sql).
(coalesce(hashtext(o.{aggregate_id}::text), 0) & {slot_mask})
