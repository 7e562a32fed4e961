-- One transaction of the order service (a pgbench script): the card was refused, so neither the
-- order nor the message about it may ever be seen.
\set customer random(1, 5000)
\set cents random(500, 50000)
BEGIN;
INSERT INTO orders (customer, cents) VALUES (:customer, :cents) RETURNING id \gset
INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload)
VALUES (gen_random_uuid(), 'order', :id::text, 'order.placed',
        jsonb_build_object('order', :id, 'version', 1, 'customer', :customer, 'cents', :cents));
ROLLBACK;
