-- Is version 2 in force?
SELECT version > 1 FROM {version_table}
