-- No row waits for its next attempt: every unpublished row behind the position may go.
{queue}
AND coalesce(o.{aggregate_id}::text <> ALL ($5), true)
