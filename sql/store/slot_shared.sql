-- ordering: none. Any number side by side, but none beside a relay that keeps order.
pg_try_advisory_xact_lock_shared({lock_class}, 0)
