-- A value as JSON ({json}) in ASCII: one whose text ({text}) has other characters is the escaped text (escaped.sql) as a string.
CASE WHEN ({text}) COLLATE "C" ~ '[^[:ascii:]]' THEN to_json({escaped})::text ELSE {json} END
