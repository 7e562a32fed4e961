-- Takes ACCESS EXCLUSIVE: from here on no row can come that the count below would miss.
ALTER TABLE {table} ALTER COLUMN {published} DROP DEFAULT
