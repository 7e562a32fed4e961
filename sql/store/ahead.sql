-- A row whose number a writer has set above all that the sequence has drawn. The number is read once, or it would not be
-- looked up in the index.
o.{seq} > (SELECT {last_number})
