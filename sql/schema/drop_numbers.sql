-- All rows have their number.
DROP TABLE pg_temp.outrider_numbers
