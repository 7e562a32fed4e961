-- The table, and its partitions or other children, whose own triggers a mark fires.
IN (WITH RECURSIVE family AS (
      SELECT {oid} AS oid
       UNION
      SELECT i.inhrelid FROM family AS f JOIN pg_inherits AS i ON i.inhparent = f.oid)
    SELECT f.oid FROM family AS f)
