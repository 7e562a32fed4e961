-- A row of the queue whose time has come, by its place alone: no text of it is looked at.
{queue}
AND (o.{next_attempt_at} IS NULL OR o.{next_attempt_at} <= now())
