-- The only record that outrider made it: without this comment it is never dropped.
COMMENT ON TABLE {inbox} IS {inbox_comment}
