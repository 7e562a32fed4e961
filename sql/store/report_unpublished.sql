-- As the predicates of version 2's indexes have it; and on version 1 where published may be NULL, which counts as false.
o.{published} IS NOT TRUE
