-- Is the number of slots the one that is wanted?
SELECT slots = {slots} FROM {version_table}
