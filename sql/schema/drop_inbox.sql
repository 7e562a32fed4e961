-- Only an inbox that outrider made.
DROP TABLE {inbox}
