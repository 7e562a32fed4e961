-- The sequence goes with its column.
ALTER SEQUENCE {sequence} OWNED BY {table}.{seq}
