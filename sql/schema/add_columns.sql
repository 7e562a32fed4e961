-- Nullable and without default: only the catalogue changes, no row is touched.
ALTER TABLE {table}
    ADD COLUMN IF NOT EXISTS {seq} bigint,
    ADD COLUMN IF NOT EXISTS {headers} jsonb,
    ADD COLUMN IF NOT EXISTS {next_attempt_at} timestamptz,
    ADD COLUMN IF NOT EXISTS {last_error} text,
    ADD COLUMN IF NOT EXISTS {error_class} text,
    ADD COLUMN IF NOT EXISTS {dead_at} timestamptz
