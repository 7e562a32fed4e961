-- heads_v2 of every slot that has waiting rows.
SELECT h.slot, count(*) AS waiting, min(h.seq) AS lowest, bit_xor(hashint8extended(h.seq, 0)) AS mix,
       min(h.seq) FILTER (WHERE h.due) AS due
  FROM (SELECT {slot_of} AS slot, o.{seq} AS seq, o.{next_attempt_at} <= now()
{unblocked} AS due
          FROM {table} AS o
         WHERE o.{next_attempt_at} IS NOT NULL AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL
         ORDER BY o.{next_attempt_at}) AS h
 GROUP BY 1
