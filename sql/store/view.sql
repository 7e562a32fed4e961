-- The slot, in a statement of its own before the claim: the claim's snapshot must be taken after the lock was got, or
-- it shows rows as unpublished that the slot's last holder marked. The answer stays in a setting of the transaction,
-- so that the claim can be sent before it is known. A CASE, because AND may evaluate its right side first.
-- The table is named, and no row of it read: the statement has its ACCESS SHARE lock before its snapshot is taken, and keeps
-- it until COMMIT. So the definition that is compared here is that of the whole window. The lock comes before the slot: a
-- relay that has the slot never queues for the table behind an ALTER that waits for one which waits for the slot.
-- OFFSET 0 keeps the comparison in one place, where it is made once.
-- last_number is read behind the snapshot and in front of the claim: a row that the snapshot shows has a number up to it, or
-- one that the sequence has not drawn.
SELECT set_config('outrider.slot',
                  (CASE WHEN current_setting('outrider.guard')::boolean AND u.unchanged THEN {slot} ELSE false END)::text,
                  true)::boolean AS active,
       NOT u.unchanged AS changed,
       pg_snapshot_xmin(s) AS xmin, pg_snapshot_xmax(s) AS xmax,
       {last_number} AS last_number
  FROM pg_current_snapshot() AS s,
       (SELECT ({unchanged}) IS TRUE AND (SELECT true FROM {table} WHERE false) IS NULL AS unchanged OFFSET 0) AS u
