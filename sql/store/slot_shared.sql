-- ordering: none. Any number side by side, in all slots, but none beside a relay that keeps order in one.
(SELECT bool_and(pg_try_advisory_xact_lock_shared({lock_class}, slot)) FROM generate_series(0, {slots} - 1) AS slot)
