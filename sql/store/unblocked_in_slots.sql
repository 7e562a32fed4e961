-- The same when several slots are looked at, each with blocked topics of its own: "slot/topic". An aggregate is in one slot only.
AND ({aggregate} IN (SELECT unnest($5))) IS NOT TRUE
AND {slot_of} || '/' || {topic} <> ALL ($9)
