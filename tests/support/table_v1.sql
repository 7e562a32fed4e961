-- The outbox table's version 1, as an application that never heard of outrider makes it: {table} is
-- its quoted name, {payload} the payload column's type and constraint.
CREATE TABLE {table} (
    id uuid PRIMARY KEY,
    aggregate_type varchar NOT NULL,
    aggregate_id varchar NOT NULL,
    event_type varchar NOT NULL,
    payload {payload},
    published boolean NOT NULL DEFAULT false,
    published_at timestamptz,
    retry_count integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ix_outbox_unpublished ON {table} (published, created_at);
