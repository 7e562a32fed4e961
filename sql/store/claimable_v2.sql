-- No row waits for its next attempt: every unpublished row behind the position may go.
{queue}
AND coalesce({aggregate} <> ALL ($5), true)
