-- The same when several slots are looked at, each with blocked topics of its own: "slot/topic".
AND {slot_of} || '/' || {topic} <> ALL ($9)
