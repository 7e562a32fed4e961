-- Is the version still the one that the statements of this connection were made for?
EXISTS (SELECT FROM {version_table} WHERE version = {version} AND slots = 1)
