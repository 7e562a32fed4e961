-- The row is one of the claim's slot.
AND {slot_of} = {slot_number}
