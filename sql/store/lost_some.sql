-- Ids of rows that no claim comes upon, at most $1, the first by created_at: in which place they were is not known. Two looks into
-- the claim's index, and nothing to do on almost all days.
SELECT l.id
  FROM ((SELECT o.{id} AS id, o.{created_at} AS created_at FROM {table} AS o
          WHERE o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND o.{seq} IS NULL {id_there} LIMIT $1)
        UNION ALL
        (SELECT o.{id}, o.{created_at} FROM {table} AS o
          WHERE o.{published} IS NOT TRUE AND o.{dead_at} IS NULL AND {lowest} {id_there} LIMIT $1)) AS l
 ORDER BY l.created_at, l.id LIMIT $1
