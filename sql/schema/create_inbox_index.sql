-- For inbox_purge. Not CONCURRENTLY: the table was made in this transaction, nobody else can see it.
CREATE INDEX inbox_messages_received_at ON {inbox} (received_at)
