-- A page of one list ({listed}) of the rows that a report is about, $3 of them behind a place and an id ($2 NULL: from the
-- start), by what can be read of any row. Rows without a place come last of all, and have a list of their own: behind one of
-- them this list is at its end. A row without an id could not be told.
SELECT o.{id}, ({place})::text
  FROM {table} AS o
 WHERE {unpublished} AND {listed} AND o.{id} IS NOT NULL AND ($2::uuid IS NULL OR ({place}, o.{id}) > ($1, $2::uuid))
 ORDER BY {place}, o.{id}
 LIMIT $3
