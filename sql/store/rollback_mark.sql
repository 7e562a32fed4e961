-- The message that was marked first was not acknowledged.
ROLLBACK TO SAVEPOINT outrider_mark
