-- The number of each unpublished row that has none: its place in the order of version 1, (created_at, id), counted from
-- the last number given before it, the first one from 2^40 below the sequence's first. So rows that were passed over
-- earlier, because somebody held them locked, still fit where they belong, and a run that was cut short is continued. A
-- row for which there is no room (it was published once, and is not any more) comes as a new one. Published rows stay
-- without a number, and numbers from before the sequence was made are in front of all these.
CREATE TEMPORARY TABLE outrider_numbers AS
SELECT 0 AS passed_over,
       CASE WHEN place < coalesce(next, first) THEN place ELSE nextval({sequence_literal}) END AS seq,
       id
  FROM (SELECT id, first, next, previous + row_number() OVER (PARTITION BY previous ORDER BY created_at, id) AS place
          FROM (SELECT o.{id} AS id,
                       o.{created_at} AS created_at,
                       o.{seq} AS seq,
                       s.seqstart AS first,
                       coalesce(max(o.{seq}) OVER (ORDER BY o.{created_at}, o.{id}), s.seqstart - 1099511627776) AS previous,
                       min(o.{seq}) OVER (ORDER BY o.{created_at} DESC, o.{id} DESC) AS next
                  FROM {table} AS o
                  JOIN pg_sequence AS s ON s.seqrelid = {sequence_literal}::regclass
                 WHERE o.{seq} < s.seqstart AND o.{seq} > s.seqstart - 1099511627776
                    OR o.{seq} IS NULL AND o.{published} IS NOT TRUE) AS old
         WHERE seq IS NULL) AS unnumbered
