-- One page of the dead, by the place in {position}'s order behind which it begins. A condition whose parameter is NULL is
-- gone before the plan is made, for the statement is planned with its parameters. Ages and times by epochs in
-- microseconds; infinities keep their places at the ends of bigint. Names and errors are compared by "C", the expressions'
-- own: a column's collation may hold other names for equal, or refuse strpos.
SELECT o.{id} AS id, {position}::timestamptz AS position, {topic} AS topic, o.{aggregate_type}::text AS aggregate_type,
       o.{aggregate_id}::text AS aggregate_id, o.{event_type}::text AS event_type,
       coalesce(o.{retry_count}, 0)::bigint AS retry_count, {class} AS class, {error} AS error,
       CASE WHEN isfinite(o.{created_at}) THEN (extract(epoch FROM o.{created_at}) * 1000000)::bigint
            WHEN o.{created_at} > 'epoch' THEN 9223372036854775807
            WHEN o.{created_at} < 'epoch' THEN -9223372036854775807 - 1 END AS created_us,
       CASE WHEN isfinite({died}) THEN (extract(epoch FROM {died}) * 1000000)::bigint
            WHEN {died} > 'epoch' THEN 9223372036854775807
            WHEN {died} < 'epoch' THEN -9223372036854775807 - 1 END AS dead_us,
       CASE WHEN isfinite({died}) THEN greatest(0, extract(epoch FROM now() - {died}) * 1000)::bigint END AS dead_for_ms,
       {payload_bytes} AS payload_bytes
  FROM {table} AS o
 WHERE {unpublished} AND {dead}
   AND ({position}, o.{id}) > ($1, $2) AND {position} <= $3
   AND ($5::uuid[] IS NULL OR o.{id} = ANY ($5))
   AND ($6::text IS NULL OR {topic} = $6)
   AND ($7::text IS NULL OR {aggregate} = $7)
   AND ($8::text IS NULL OR {class} = $8 OR strpos({error}, $8) > 0)
   AND ($9::bigint IS NULL OR {died} >= now() - $9 * interval '1 millisecond')
   AND ($10::timestamptz IS NULL OR {died} >= $10)
 ORDER BY {position}, o.{id}
 LIMIT $4
