-- Which inbox's version of it this is, and that it is outrider's.
COMMENT ON FUNCTION {function} IS {inbox_comment}
