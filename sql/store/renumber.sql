-- For people: gives the waiting rows whose number a writer has set too high one of the sequence's.
UPDATE {table} SET {seq} = nextval({sequence_literal}) WHERE {seq} > (SELECT last_value FROM {sequence}) AND {published} IS NOT TRUE
