-- A random identity: one that was made anew or restored has another, though name, definition and version are the same. Relays
-- forget then what they remembered of its rows.
ALTER TABLE {version_table} ADD COLUMN IF NOT EXISTS identity uuid NOT NULL DEFAULT gen_random_uuid()
