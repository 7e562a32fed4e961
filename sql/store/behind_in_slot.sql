-- Of several slots, one. Compared and ordered by slot and number together, so that only the slots' index serves: the
-- plain one, which is there for reports, would be read from end to end for a slot that has few rows.
({slot_of}, o.{seq}) > ({slot_number}, {after}) AND ({slot_of}, o.{seq}) <= ({slot_number}, $4)
