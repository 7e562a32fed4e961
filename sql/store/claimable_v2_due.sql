-- ordering: none. A waiting row holds back only itself.
{placed}
AND coalesce(o.{aggregate_id}::text <> ALL ($5), true)
{unblocked}
