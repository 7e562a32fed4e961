-- Is the table still the one that these statements were made for, and schema apply not at work? Asked while the table is locked.
SELECT (current_setting('outrider.guard')::boolean AND {unchanged}) IS TRUE
