-- ordering: key. One sender a slot: whoever has it works, the others try another one, or stand by.
pg_try_advisory_xact_lock({lock_class}, {slot_number})
