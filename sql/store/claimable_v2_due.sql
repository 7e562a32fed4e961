-- ordering: none. A waiting row holds back only itself.
{queue}
AND (o.{next_attempt_at} IS NULL OR o.{next_attempt_at} <= now())
AND coalesce({aggregate} <> ALL ($5), true)
{unblocked}
