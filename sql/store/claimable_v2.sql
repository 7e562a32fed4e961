-- No row waits for its next attempt: every unpublished row behind the position may go.
o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND {behind}
AND coalesce(o.{aggregate_id}::text <> ALL ($5), true)
