-- As what it works on.
ALTER FUNCTION {function} OWNER TO {owner}
