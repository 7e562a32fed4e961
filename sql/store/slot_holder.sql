-- Who keeps a relay from a slot of the table ($1) just now. $2, $3: the first and the last slot in question; $4: does the
-- relay keep order? One that does not only stands back for those that do. The guard (-1) is in the way when it is held
-- exclusively. pg_locks shows the two int4 keys of an advisory lock as classid and objid, with objsubid 2; its rows of
-- other databases would have the same oids.
-- Two things tell a relay from any other session, whatever its role and name: a relay may lock rows, which takes UPDATE on
-- a column, by its own role or one that it can become; and it holds its locks in a transaction, for a session that is in
-- none has a virtualtransaction that ends in /0. Both show to every role; address and time only to some. A prepared
-- transaction has no session, and is found by the lock on its own id. A session that cannot be a relay comes first.
-- Other people's names are cut down to what is safe to print.
WITH held AS MATERIALIZED (
    SELECT l.pid, l.virtualtransaction AS transaction,
           CASE WHEN l.objid::bigint = 4294967295 THEN 'the guard lock of the table' ELSE 'the lock of slot ' || l.objid END AS lock
      FROM pg_locks AS l
     WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
       AND l.classid = to_regclass($1::text)::oid
       AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
       AND l.pid IS DISTINCT FROM pg_backend_pid()
       AND (l.mode = 'ExclusiveLock' OR $4::text::boolean AND l.objid::bigint <> 4294967295)
       AND (l.objid::bigint = 4294967295 OR l.objid::bigint BETWEEN $2::text::bigint AND $3::text::bigint)
), told AS (
    SELECT h.pid, h.transaction, h.lock, p.gid,
           coalesce(has_any_column_privilege(a.usesysid, to_regclass($1::text), 'UPDATE')
                    OR EXISTS (SELECT FROM pg_roles AS r
                                WHERE pg_has_role(a.usesysid, r.oid, 'MEMBER')
                                  AND has_any_column_privilege(r.oid, to_regclass($1::text), 'UPDATE')), true) AS may_claim,
           h.transaction NOT LIKE '%/0' AS in_transaction,
           coalesce(a.usename, p.owner, '?') AS owner, coalesce(a.application_name, '') AS application,
           coalesce(a.xact_start, p.prepared) AS begun,
           CASE WHEN a.client_addr IS NOT NULL THEN ', from ' || host(a.client_addr)
                WHEN a.client_port = -1 THEN ', from this host'
                ELSE '' END
           || coalesce(', connected since ' || to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') AS origin
      FROM held AS h
      LEFT JOIN pg_stat_activity AS a ON a.pid = h.pid
      LEFT JOIN pg_locks AS x ON h.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid'
                             AND x.virtualtransaction = h.transaction
      LEFT JOIN pg_prepared_xacts AS p ON p.transaction = x.transactionid
)
SELECT coalesce(t.pid, 0)::text AS pid,
       t.transaction,
       t.may_claim::text,
       t.in_transaction::text,
       t.lock,
       regexp_replace(CASE WHEN t.pid IS NULL THEN 'the prepared transaction ' || coalesce(quote_literal(t.gid), '?') || ' (user ' || t.owner || ')'
                           ELSE 'session ' || t.pid || ' (user ' || t.owner || ', application '
                                || coalesce(nullif(t.application, ''), 'without a name') || t.origin || ')' END,
                      '[^ -~]', '?', 'g') AS who,
       regexp_replace(CASE WHEN t.pid IS NULL THEN 'ROLLBACK PREPARED ' || coalesce(quote_literal(t.gid), '?')
                           ELSE 'SELECT pg_terminate_backend(' || t.pid || ')' END,
                      '[^ -~]', '?', 'g') AS remedy,
       CASE WHEN current_setting('track_counts')::boolean
            THEN (SELECT coalesce(sum(s.n_tup_upd + s.n_tup_del), 0)
                    FROM pg_stat_all_tables AS s
                   WHERE s.relid = to_regclass($1::text)
                      OR s.relid IN (SELECT r.relid FROM pg_partition_tree(to_regclass($1::text)) AS r))
            ELSE -1 END::text AS changes,
       coalesce(greatest(0, extract(epoch FROM clock_timestamp() - t.begun) * 1000)::bigint, -1)::text AS transaction_ms
  FROM told AS t
 ORDER BY t.pid IS NULL DESC, t.may_claim, t.in_transaction, t.pid
 LIMIT 1
