-- published may be NULL, which counts as false: a row is never passed over for it. No index of version 1 serves this;
-- version 2's does.
o.{published} IS NOT TRUE AND coalesce(o.{retry_count}, 0) < {max_retries}
AND (o.{created_at}, o.{id}) > ($2, $3) AND (o.{created_at}, o.{id}) <= ($4, $11) {id_there}
