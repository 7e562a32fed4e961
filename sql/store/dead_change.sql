-- A page of which all is changed that can be locked at once: nobody waits for us, and we wait for nobody. The lock sees
-- the newest version of the row, and asks it again whether it is dead. Rows that were not to be had come back with
-- changed = false; kept: it was locked, and the change left it out all the same.
WITH page AS MATERIALIZED ({dead_page}),
got AS MATERIALIZED (
  SELECT o.{id} AS id FROM {table} AS o
   WHERE o.{id} = ANY (ARRAY(SELECT page.id FROM page)) AND {unpublished} AND {dead}
     FOR UPDATE OF o SKIP LOCKED),
changed AS ({change} WHERE o.{id} = ANY (ARRAY(SELECT got.id FROM got)) RETURNING o.{id} AS id)
SELECT page.*, changed.id IS NOT NULL AS changed, got.id IS NOT NULL AND changed.id IS NULL AS kept
  FROM page LEFT JOIN changed ON changed.id = page.id LEFT JOIN got ON got.id = page.id
 ORDER BY page.position, page.id
