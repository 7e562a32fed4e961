-- The slot, in a statement of its own before the claim: the claim's snapshot must be taken after the lock was got, or
-- it shows rows as unpublished that the slot's last holder marked. The answer stays in a setting of the transaction,
-- so that the claim can be sent before it is known. A CASE, because AND may evaluate its right side first.
-- last_number is read behind the snapshot and in front of the claim: a row that the snapshot shows has a number up to it, or
-- one that the sequence has not drawn.
SELECT set_config('outrider.slot',
                  (CASE WHEN current_setting('outrider.guard')::boolean AND {unchanged} THEN {slot} ELSE false END)::text,
                  true)::boolean AS active,
       NOT ({unchanged}) AS changed,
       pg_snapshot_xmin(s) AS xmin, pg_snapshot_xmax(s) AS xmax,
       {last_number} AS last_number
  FROM pg_current_snapshot() AS s
