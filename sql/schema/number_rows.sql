-- One short transaction's worth. A row that somebody holds locked, a relay for instance, keeps its number for a later
-- turn; one that was published or deleted meanwhile needs none. The arrays make the planner look the rows up by id: it
-- would read the whole table for 5,000 of a million.
WITH batch AS MATERIALIZED (
    SELECT passed_over, seq, id
      FROM pg_temp.outrider_numbers
     ORDER BY passed_over, seq
     LIMIT {batch_rows}
), free AS MATERIALIZED (
    SELECT o.{id} AS id
      FROM {table} AS o
     WHERE o.{id} = ANY (ARRAY(SELECT id FROM batch)) AND o.{published} IS NOT TRUE AND o.{seq} IS NULL
       FOR NO KEY UPDATE SKIP LOCKED
), numbered AS (
    UPDATE {table} AS o
       SET {seq} = batch.seq
      FROM batch
     WHERE o.{id} = batch.id AND o.{id} = ANY (ARRAY(SELECT id FROM free))
), locked AS MATERIALIZED (
    SELECT o.{id} AS id
      FROM {table} AS o
     WHERE o.{id} = ANY (ARRAY(SELECT id FROM batch EXCEPT SELECT id FROM free))
       AND o.{published} IS NOT TRUE AND o.{seq} IS NULL
), kept AS (
    UPDATE pg_temp.outrider_numbers AS n
       SET passed_over = n.passed_over + 1
      FROM batch
     WHERE n.passed_over = batch.passed_over AND n.seq = batch.seq AND batch.id IN (SELECT id FROM locked)
), finished AS (
    DELETE FROM pg_temp.outrider_numbers AS n
     USING batch
     WHERE n.passed_over = batch.passed_over AND n.seq = batch.seq AND batch.id NOT IN (SELECT id FROM locked)
    RETURNING 1
)
SELECT (SELECT count(*) FROM batch) AS taken, (SELECT count(*) FROM finished) AS finished
