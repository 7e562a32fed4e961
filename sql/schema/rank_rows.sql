-- The number of each unpublished row that has none: its place in the order of version 1, (created_at, id), counted from
-- the last number given before it. So rows that were passed over earlier, because somebody held them locked, still
-- fit where they belong, and a run that was cut short is continued. A row for which there is no room (it was published
-- once, and is not any more) comes as a new one. Published rows stay without a number.
CREATE TEMPORARY TABLE outrider_numbers AS
SELECT 0 AS passed_over,
       CASE WHEN place < coalesce(next, 1099511627776) THEN place ELSE nextval({sequence_literal}) END AS seq,
       id
  FROM (SELECT id, next, previous + row_number() OVER (PARTITION BY previous ORDER BY created_at, id) AS place
          FROM (SELECT {id} AS id,
                       {created_at} AS created_at,
                       {seq} AS seq,
                       coalesce(max({seq}) OVER (ORDER BY {created_at}, {id}), 0) AS previous,
                       min({seq}) OVER (ORDER BY {created_at} DESC, {id} DESC) AS next
                  FROM {table}
                 WHERE {seq} < 1099511627776 OR {seq} IS NULL AND {published} IS NOT TRUE) AS old
         WHERE seq IS NULL) AS unnumbered
