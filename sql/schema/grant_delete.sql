-- on_published: delete, outbox.retention, purge, dead discard.
GRANT DELETE ON {table} TO {role}
