-- By its name alone: there is one of it.
DROP FUNCTION {function}
