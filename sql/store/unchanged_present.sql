-- Are version and slots still the one that the statements of this connection were made for?
(EXISTS (SELECT FROM {version_table} WHERE version = {version} AND slots = {slots}) {still_unhashed})
