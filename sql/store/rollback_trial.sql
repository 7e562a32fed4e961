-- It could be done; it is not wanted yet.
ROLLBACK TO SAVEPOINT outrider_trial
