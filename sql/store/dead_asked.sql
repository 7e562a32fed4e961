-- The texts of a selection, converted to the database's encoding. One that has no equivalent there makes the statement fail.
SELECT $1::text, $2::text, $3::text
