-- A row of the queue, by its place alone: no text of it is looked at. (created_at, id) as a pair: created_at alone would skip
-- ties. published = false is written so that the index (published, created_at) serves it.
o.{published} = false AND coalesce(o.{retry_count}, 0) < {max_retries}
AND (o.{created_at}, o.{id}) > ($2, $3) AND (o.{created_at}, o.{id}) <= ($4, $11) {id_there}
