-- A drain beside a running relay: queue for the slot, up to lock_timeout, and get it at that one's next commit.
pg_advisory_xact_lock({lock_class}, {slot_number})::text = ''
