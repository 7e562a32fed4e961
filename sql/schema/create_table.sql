-- Version 1: the table, when the application has not made it.
CREATE TABLE {table} (
    {id} uuid PRIMARY KEY,
    {aggregate_type} varchar NOT NULL,
    {aggregate_id} varchar NOT NULL,
    {event_type} varchar NOT NULL,
    {payload} jsonb NOT NULL,
    {published} boolean NOT NULL DEFAULT false,
    {published_at} timestamptz,
    {retry_count} integer NOT NULL DEFAULT 0,
    {created_at} timestamptz NOT NULL DEFAULT now()
)
