-- The order in which the rows are taken.
ALTER TABLE pg_temp.outrider_numbers ADD PRIMARY KEY (passed_over, seq)
