-- Limits of the server that end the relay's transaction; what the relay sets itself (settings.sql, arrival_stay.sql) is not
-- among them. transaction_timeout is PostgreSQL 17's.
SELECT l.name, l.ms || ' ms', l.why, format('ALTER ROLE %I SET %s = 0;', current_user, l.name)
  FROM (SELECT s.name, (SELECT (extract(epoch FROM (CASE WHEN v ~ '^\d+$' THEN v || ' ms' ELSE replace(v, 'min', ' minutes') END)::interval)
                                * 1000)::bigint
                          FROM current_setting(s.name, true) AS v) AS ms, s.least, s.why
          FROM (VALUES ('transaction_timeout', {window_ms} + {statement_ms},
                        'a window may take outbox.window_deadline and one statement more, ' || {window_ms} + {statement_ms} || ' ms'))
               AS s (name, least, why)) AS l
 WHERE l.ms > 0 AND l.ms < l.least
