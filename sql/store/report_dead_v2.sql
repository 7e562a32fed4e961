-- Dead is what was given up, however often it was tried.
o.{dead_at} IS NOT NULL
