-- A sequence and the table that owns it must belong to the same role.
ALTER SEQUENCE {sequence} OWNER TO {owner}
