-- Is version 1 in force?
SELECT version = 1 FROM {version_table}
