-- As the predicates of version 2's indexes have it.
o.{published} IS NOT TRUE
