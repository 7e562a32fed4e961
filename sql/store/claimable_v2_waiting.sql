-- ordering: key while some row waits, or a topic is blocked. Its aggregate's later rows wait with it, until it is due and in
-- reach: now(), not clock_timestamp(), so that a head that comes due inside a window does not free its followers before
-- itself.
{placed}
{unblocked}
AND {head} IS NOT FALSE
