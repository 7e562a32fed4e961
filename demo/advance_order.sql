-- One transaction of the order service (a pgbench script): the newest open order is paid, with an
-- invoice, or a paid one is shipped. The order's row is locked by the UPDATE before its message is
-- inserted: that is what makes the order of its messages the order of its changes.
BEGIN;
WITH advanced AS (
    UPDATE orders
       SET version = version + 1, state = CASE version WHEN 1 THEN 'paid' ELSE 'shipped' END
     WHERE id = (SELECT id FROM orders WHERE version < 3 ORDER BY id DESC LIMIT 1
                    FOR UPDATE SKIP LOCKED)
 RETURNING id, version, state, customer, cents),
about_the_order AS (
    INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload)
    SELECT gen_random_uuid(), 'order', id::text, 'order.' || state,
           jsonb_build_object('order', id, 'version', version, 'customer', customer, 'cents', cents)
      FROM advanced)
INSERT INTO outbox_messages (id, aggregate_type, aggregate_id, event_type, payload)
SELECT gen_random_uuid(), 'invoice', id::text, 'invoice.issued',
       jsonb_build_object('order', id, 'version', 1, 'customer', customer, 'cents', cents)
  FROM advanced
 WHERE state = 'paid';
COMMIT;
