-- The same when several slots are looked at, each with blocked topics of its own: "slot/topic". An aggregate is in one slot only.
AND coalesce({aggregate} <> ALL ($5), true)
AND {slot_of} || '/' || {topic} <> ALL ($9)
