-- heads_v2 of every slot that has waiting rows.
SELECT {slot_of} AS slot, count(*) AS waiting, min(o.{seq}) AS lowest, bit_xor(hashint8extended(o.{seq}, 0)) AS mix,
       min(o.{seq}) FILTER (WHERE o.{next_attempt_at} <= now()
{unblocked}) AS due
  FROM {table} AS o
 WHERE o.{next_attempt_at} IS NOT NULL AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL
 GROUP BY 1
