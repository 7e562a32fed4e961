-- Every relay reads it, whatever its role.
GRANT SELECT ON {version_table} TO PUBLIC
