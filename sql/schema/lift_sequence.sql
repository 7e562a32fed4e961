-- A copy can come without the last number of its sequence: new rows would go before those that are there. 2^20 more, because
-- writers draw numbers meanwhile. The last number is read behind the rows: those that are drawn now are below it.
SELECT setval({sequence_literal}, r.highest + 1048576)
  FROM (SELECT max({seq}) FILTER (WHERE {seq} < 4611686018427387904) AS highest FROM {table}) AS r,
       pg_sequence AS s
 WHERE s.seqrelid = {sequence_literal}::regclass
   AND r.highest > coalesce(pg_sequence_last_value(s.seqrelid), s.seqstart - 1)
