-- Version 1 has no numbers.
NULL::bigint
