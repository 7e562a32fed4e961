-- The dead behind a place, by what can be read of any row.
{unpublished} AND {dead}
   AND ($1::timestamptz IS NULL OR ({position}, o.{id}) > ($1::timestamptz, $2::uuid)) AND {position} <= $3
   AND ($5::uuid[] IS NULL OR o.{id} = ANY ($5))
   AND ($6::bigint IS NULL OR {died} >= now() - $6 * interval '1 millisecond')
   AND ($7::timestamptz IS NULL OR {died} >= $7)
