-- Prepared transactions that nobody ended hold back vacuum as an open session does, and no pid can be ended for them.
SELECT p.gid, p.owner::text, round(extract(epoch FROM now() - p.prepared))::bigint || ' s', quote_literal(p.gid)
  FROM pg_prepared_xacts AS p
 WHERE p.database = current_database() AND p.prepared <= now() - make_interval(secs => {held_seconds})
