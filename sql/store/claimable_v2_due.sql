-- ordering: none. A waiting row holds back only itself.
{placed}
AND coalesce({aggregate} <> ALL ($5), true)
{unblocked}
