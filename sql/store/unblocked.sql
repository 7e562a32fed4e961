-- Rows of topics whose breaker is open, and rows of held aggregates, stay where they are.
AND ({aggregate} IN (SELECT unnest($5))) IS NOT TRUE
AND {topic} <> ALL ($9)
