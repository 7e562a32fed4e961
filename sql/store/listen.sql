-- Outside a transaction block it is in force at once, and what was notified before is not heard: whoever listens looks
-- once at the table afterwards.
LISTEN {channel}
