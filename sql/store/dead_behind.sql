-- The dead behind a place, by what can be read of any row. Without an id a row has no place (dead_nameless.sql).
{unpublished} AND {dead} AND o.{id} IS NOT NULL
   AND ($1::timestamptz IS NULL OR ({position}, o.{id}) > ($1::timestamptz, $2::uuid)) AND {position} <= $3
   AND ($5::uuid[] IS NULL OR o.{id} = ANY ($5))
   AND ($6::bigint IS NULL OR {died} >= now() - $6 * interval '1 millisecond')
   AND ($7::timestamptz IS NULL OR {died} >= $7)
