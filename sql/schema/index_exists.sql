-- In whatever state.
SELECT to_regclass({index_literal}) IS NOT NULL
