-- INSERT ... ON CONFLICT DO NOTHING reads nothing.
GRANT INSERT (consumer, message_id) ON {inbox} TO {role}
