-- What a consumer has done: one row a message and consumer, whose key makes the second copy of a message fail.
CREATE TABLE {inbox} (
    consumer text NOT NULL,
    message_id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, message_id)
)
