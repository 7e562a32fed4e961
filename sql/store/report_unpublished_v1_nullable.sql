-- published may be NULL, which counts as false.
o.{published} IS NOT TRUE
