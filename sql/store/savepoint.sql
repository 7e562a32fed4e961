-- After the first publish of a window every statement runs behind a savepoint: one that fails must not take the marks
-- of published rows with it.
SAVEPOINT outrider
