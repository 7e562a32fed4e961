-- ordering: key. One sender: whoever has it works, the others are standbys that try again.
pg_try_advisory_xact_lock({lock_class}, 0)
