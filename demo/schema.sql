-- The demonstration's order service: its one business table. The version of an order is in every
-- message about it, so that whoever reads them back can tell whether they came in order.
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer integer NOT NULL,
    cents integer NOT NULL,
    state text NOT NULL DEFAULT 'placed',
    version integer NOT NULL DEFAULT 1
);
CREATE INDEX ix_orders_open ON orders (id) WHERE version < 3;
