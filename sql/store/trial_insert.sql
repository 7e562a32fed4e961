-- A row for the trial, when the table has none and the role may. It is rolled back. A zero is read by most types that a name
-- can have.
INSERT INTO {table} ({id}, {aggregate_type}, {aggregate_id}, {event_type}, {payload}, {published}, {created_at})
VALUES (gen_random_uuid(), '0', '0', '0', '{}', false, now())
RETURNING {id}
