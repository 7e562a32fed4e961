-- The queue behind the position, up to the end that was asked for.
o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND o.{seq} > {after} AND o.{seq} <= $4 {id_there}
