-- The type of the column `a` as an oid; of a domain the type beneath it, however many domains lie between.
(WITH RECURSIVE chain AS (
   SELECT b.oid, b.typbasetype FROM pg_type AS b WHERE b.oid = a.atttypid
   UNION ALL
   SELECT b.oid, b.typbasetype FROM chain JOIN pg_type AS b ON b.oid = chain.typbasetype)
 SELECT chain.oid FROM chain WHERE chain.typbasetype = 0)
