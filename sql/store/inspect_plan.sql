-- The plan that a claim gets now, with the claim's own settings and parameters.
EXPLAIN (COSTS OFF) {claim}
