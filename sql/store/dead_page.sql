-- One page of the dead, by the place in {position}'s order behind which it begins ($1 NULL: at the very start). A condition
-- whose parameter is NULL is gone before the plan is made, for the statement is planned with its parameters. Texts are cut
-- where they are read, and those of a row that cannot be read are NULL. A topic is compared as it is shown; what is shown
-- escaped (escaped.sql) is also found by that form, which has a backslash. Names and errors are compared by "C", the
-- expressions' own: a column's collation may hold other names for equal, or refuse strpos. Ages and times by epochs in
-- microseconds, as far as bigint has them; infinities keep their places at its ends.
SELECT o.{id} AS id, {position}::timestamptz AS position, {shown_topic} AS topic, {shown_aggregate_type} AS aggregate_type,
       {shown_aggregate_id} AS aggregate_id, {shown_event_type} AS event_type,
       coalesce(o.{retry_count}, 0)::bigint AS retry_count, {shown_class} AS class, {shown_error} AS error,
       CASE WHEN isfinite(o.{created_at}) THEN least(extract(epoch FROM o.{created_at}) * 1000000, 9223372036854775806)::bigint
            WHEN o.{created_at} > 'epoch' THEN 9223372036854775807
            WHEN o.{created_at} < 'epoch' THEN -9223372036854775807 - 1 END AS created_us,
       CASE WHEN isfinite({died}) THEN least(extract(epoch FROM {died}) * 1000000, 9223372036854775806)::bigint
            WHEN {died} > 'epoch' THEN 9223372036854775807
            WHEN {died} < 'epoch' THEN -9223372036854775807 - 1 END AS dead_us,
       CASE WHEN isfinite({died}) THEN greatest(0, (extract(epoch FROM now()) - extract(epoch FROM {died})) * 1000)::bigint END
           AS dead_for_ms,
       {payload_bytes} AS payload_bytes
  FROM {table} AS o
 WHERE {dead_behind}
   AND ($8::text IS NULL OR {topic} = {asked_topic} OR CASE WHEN strpos($8, chr(92)) > 0 THEN {escaped_topic} = $8 END)
   AND ($9::text IS NULL OR {aggregate} = $9 OR CASE WHEN strpos($9, chr(92)) > 0 THEN {escaped_aggregate} = $9 END)
   AND ($10::text IS NULL OR {class} = $10 OR strpos({error}, $10) > 0
        OR CASE WHEN strpos($10, chr(92)) > 0 THEN strpos({escaped_error}, $10) > 0 END)
 ORDER BY {position}, o.{id}
 LIMIT $4
