-- A text that is not larger than {most} bytes; a larger one is left where it is.
CASE WHEN octet_length({text}) <= {most} THEN {text} END
