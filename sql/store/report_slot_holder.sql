-- Who holds a slot of the table just now. pg_locks shows the two int4 keys of an advisory lock as classid and objid, with
-- objsubid 2; its rows of other databases would have the same oids.
SELECT l.pid
  FROM pg_locks AS l
 WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1::bigint::oid AND l.objid::bigint < 64 AND l.objsubid = 2
   AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
   AND l.pid <> pg_backend_pid()
 LIMIT 1
