-- Marked as published it would be a lie, and left with dead_at it would still be dead: so it goes, whatever on_published
-- says.
DELETE FROM {table} AS o
