-- A write is tried, only to see whether it could be done.
SAVEPOINT outrider_trial
