-- ordering: none. A waiting row holds back only itself.
o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND {behind}
AND (o.{next_attempt_at} IS NULL OR o.{next_attempt_at} <= now())
AND coalesce(o.{aggregate_id}::text <> ALL ($5), true)
{unblocked}
