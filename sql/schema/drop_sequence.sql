-- It has gone with its column, unless that one stays.
DROP SEQUENCE IF EXISTS {sequence}
