-- Rows of topics whose breaker is open stay where they are.
AND {topic} <> ALL ($9)
