-- Version 1 until all of version 2 is there. Changes a row only when version 2 lost a part.
UPDATE {version_table} SET version = 1, changed_at = now() WHERE version > 1
