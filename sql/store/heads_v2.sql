-- Rows that wait for their next attempt: how many, the first, something that tells one set of them from another, and the
-- first that is due and that a claim would take: one of a blocked topic or a held aggregate would lead each window back to
-- itself, in vain. Reads a partial index that is empty on good days; by its order, because statistics that saw every row
-- published prefer the queue's index, with all that vacuum has not removed from it. In a window it comes after the slot, or
-- what the slot's last holder did to them would be missed. Hashed, because numbers that follow each other cancel out: 10 and
-- 11 as 12 and 13 do.
SELECT count(*) AS waiting, coalesce(min(h.seq), 0) AS lowest, coalesce(bit_xor(hashint8extended(h.seq, 0)), 0) AS mix,
       min(h.seq) FILTER (WHERE h.due) AS due
  FROM (SELECT o.{seq} AS seq, o.{next_attempt_at} <= now()
{unblocked} AS due
          FROM {table} AS o
         WHERE o.{next_attempt_at} IS NOT NULL AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL
{in_slot}
         ORDER BY o.{next_attempt_at}) AS h
