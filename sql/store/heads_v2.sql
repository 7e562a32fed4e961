-- Rows that wait for their next attempt: how many, the first, something that tells one set of them from another, and the
-- first that is due and whose topic is not blocked. Reads a partial index that is empty on good days. In a window it
-- comes after the slot, or what the slot's last holder did to them would be missed. Hashed, because numbers that follow
-- each other cancel out: 10 and 11 as 12 and 13 do.
SELECT count(*) AS waiting, coalesce(min(o.{seq}), 0) AS lowest, coalesce(bit_xor(hashint8extended(o.{seq}, 0)), 0) AS mix,
       min(o.{seq}) FILTER (WHERE o.{next_attempt_at} <= now()
{unblocked}) AS due
  FROM {table} AS o
 WHERE o.{next_attempt_at} IS NOT NULL AND o.{published} IS NOT TRUE AND o.{dead_at} IS NULL
{in_slot}
