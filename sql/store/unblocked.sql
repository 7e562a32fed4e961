-- Rows of topics whose breaker is open, and rows of held aggregates, stay where they are.
AND coalesce({aggregate} <> ALL ($5), true)
AND {topic} <> ALL ($9)
