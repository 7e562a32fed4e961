-- A text in ASCII: one that has other characters is shown by its bytes in the database's encoding, in the format that
-- decode(..., 'escape') reads. No value makes it fail in an encoding that UTF-8 lacks characters of.
CASE WHEN ({text}) COLLATE "C" ~ '[^[:ascii:]]' THEN encode(convert_to({text}, getdatabaseencoding()), 'escape') ELSE {text} END
