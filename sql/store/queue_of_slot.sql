-- That of one slot of several. Unpublished in other words, the predicate of the slots' index: so only that one serves.
-- The plain one, which is there for reports, would be read from end to end for a slot that has few rows.
NOT coalesce(o.{published}, false) AND o.{dead_at} IS NULL
AND {slot_of} = {slot_number} AND o.{seq} > {after} AND o.{seq} <= $4 {id_there}
