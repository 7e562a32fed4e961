-- Limits of the server that end the relay's session or transaction; what the relay sets itself, a window's own limits, is not
-- among them. transaction_timeout is PostgreSQL 17's; idle_session_timeout meets a relay that waits for Kafka or for rows.
SELECT l.name, l.ms || ' ms', l.why, format('ALTER ROLE %I SET %s = 0;', current_user, l.name)
  FROM (SELECT s.name, (SELECT (extract(epoch FROM (CASE WHEN v ~ '^\d+$' THEN v || ' ms' ELSE replace(v, 'min', ' minutes') END)::interval)
                                * 1000)::bigint
                          FROM current_setting(s.name, true) AS v) AS ms, s.least, s.why
          FROM (VALUES ('transaction_timeout', {window_ms} + {statement_ms},
                        'a window may take outbox.window_deadline and one statement more, ' || {window_ms} + {statement_ms} || ' ms'),
                       ('idle_session_timeout', 60000,
                        'a relay that waits for Kafka is idle for a minute, and then has to connect anew')) AS s (name, least, why)) AS l
 WHERE l.ms > 0 AND l.ms < l.least
