-- The same question of every slot, with a place to begin for each. No window may follow for long, so it looks itself
-- whether the table and its number of slots are still those that it was made for: without their index it reads the whole table.
WITH w AS MATERIALIZED ({heads})
SELECT f.found IS TRUE OR current_setting('transaction_read_only')::boolean AS found,
       u.changed,
       pg_snapshot_xmin(p) AS xmin, pg_snapshot_xmax(p) AS xmax,
       coalesce(w.waiting, 0), coalesce(w.lowest, 0), coalesce(w.mix, 0), w.due
  FROM unnest($10::bigint[], $2::bigint[], $8::bigint[]) AS s (slot, after, since)
 CROSS JOIN pg_current_snapshot() AS p
 CROSS JOIN (SELECT ({unchanged}) IS NOT TRUE AS changed OFFSET 0) AS u
  LEFT JOIN LATERAL (SELECT true AS found FROM {table} AS o WHERE {claimable} ORDER BY {order} LIMIT 1) AS f ON true
  LEFT JOIN w ON w.slot = s.slot
 ORDER BY s.slot
