-- An INSERT that cannot be written wrongly. Its parameters are of the columns' own types. It runs with the rights of
-- whoever calls it, in the caller's transaction. The lock makes the numbers of an aggregate's rows come in the order in
-- which their transactions commit, also when the caller has not locked the aggregate: it is taken before the number is
-- drawn, and held to the end of the transaction. Two INSERTs, so that one function serves versions without headers.
CREATE OR REPLACE FUNCTION {function}(
    aggregate_type {table}.{aggregate_type}%TYPE,
    aggregate_id {table}.{aggregate_id}%TYPE,
    event_type {table}.{event_type}%TYPE,
    payload {table}.{payload}%TYPE,
    headers jsonb DEFAULT NULL,
    message_id uuid DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql SECURITY INVOKER AS {tag}
DECLARE
    empty text := CASE WHEN coalesce(aggregate_type::text, '') = '' THEN 'aggregate_type'
                       WHEN coalesce(aggregate_id::text, '') = '' THEN 'aggregate_id'
                       WHEN coalesce(event_type::text, '') = '' THEN 'event_type' END;
BEGIN
    IF empty IS NOT NULL THEN
        RAISE EXCEPTION 'an outbox message needs its %', empty USING ERRCODE = 'invalid_parameter_value';
    ELSIF jsonb_typeof(headers) <> 'object' THEN
        RAISE EXCEPTION 'headers of an outbox message are a JSON object, not %', jsonb_typeof(headers)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    message_id := coalesce(message_id, gen_random_uuid());
    PERFORM pg_advisory_xact_lock(hashtextextended(aggregate_id::text, {table_literal}::regclass::oid::bigint));
    IF headers IS NULL THEN
        INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload})
        VALUES (message_id, aggregate_type, aggregate_id, event_type, payload);
    ELSE
        INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}, {headers})
        VALUES (message_id, aggregate_type, aggregate_id, event_type, payload, headers);
    END IF;
    RETURN message_id;
END
{tag}
