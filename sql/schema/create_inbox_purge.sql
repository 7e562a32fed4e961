-- One batch a call, so that whoever calls it decides how much one transaction does. Rows that are locked are of
-- consumers at work, and stay. A row of the inbox is never changed, so its place identifies it.
CREATE OR REPLACE FUNCTION {function}(older_than interval, batch integer DEFAULT 10000) RETURNS bigint
LANGUAGE sql AS {tag}
    WITH old AS (
        SELECT i.ctid
          FROM {inbox} AS i
         WHERE i.received_at < now() - older_than
         ORDER BY i.received_at
         LIMIT batch
           FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM {inbox} AS i WHERE i.ctid = ANY (ARRAY(SELECT old.ctid FROM old)) RETURNING 1
    )
    SELECT count(*) FROM gone
{tag}
