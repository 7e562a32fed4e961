-- Is the index gone, in whatever state it was?
SELECT to_regclass({index_literal}) IS NULL
