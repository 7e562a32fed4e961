-- Rows that wait for longer than a relay lets any wait: how many, the table, the last of them, until when, the column, the
-- longest wait, and what lets them go at once. Read from the last on, by the order of the index of waiting rows, whatever the
-- statistics say. Version 1 has no such column.
SELECT CASE WHEN s.n < 10000 THEN '' ELSE 'at least ' END || s.n, {oid}::regclass::text, coalesce(s.ids[1]::text, '(none)'),
       CASE WHEN isfinite(s.last) THEN 'until ' || to_char(s.last AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') ELSE 'for ever' END,
       quote_ident({next_attempt_at_name}), {longest_wait_ms} / 1000 || ' s',
       'UPDATE ' || {oid}::regclass::text || ' SET ' || quote_ident({next_attempt_at_name}) || ' = NULL WHERE '
       || quote_ident({next_attempt_at_name}) || ' > now() + interval ''{longest_wait_ms} ms'' AND '
       || quote_ident({published_name}) || ' IS NOT TRUE;'
  FROM (SELECT count(*) AS n, max(r.until) AS last, array_agg(r.id ORDER BY r.until DESC) AS ids
          FROM (SELECT o.{id} AS id, {next_attempt} AS until
                  FROM {table} AS o
                 WHERE {unpublished} AND NOT ({dead}) AND {next_attempt} > now() + {longest_wait_ms} * interval '1 millisecond'
                 ORDER BY {next_attempt} DESC LIMIT 10000) AS r) AS s
 WHERE s.n > 0
