-- One short transaction's worth. A row that somebody holds locked, a relay for instance, keeps its number for a later
-- turn; one that was published or deleted meanwhile needs none.
WITH batch AS MATERIALIZED (
    SELECT passed_over, seq, id
      FROM pg_temp.outrider_numbers
     ORDER BY passed_over, seq
     LIMIT {batch_rows}
), unnumbered AS MATERIALIZED (
    SELECT o.{id} AS id
      FROM {table} AS o
     WHERE o.{id} IN (SELECT id FROM batch) AND o.{published} IS NOT TRUE AND o.{seq} IS NULL
), free AS MATERIALIZED (
    SELECT o.{id} AS id
      FROM {table} AS o
     WHERE o.{id} IN (SELECT id FROM batch) AND o.{published} IS NOT TRUE AND o.{seq} IS NULL
       FOR NO KEY UPDATE SKIP LOCKED
), numbered AS (
    UPDATE {table} AS o
       SET {seq} = batch.seq
      FROM batch
     WHERE o.{id} = batch.id AND batch.id IN (SELECT id FROM free)
), kept AS (
    UPDATE pg_temp.outrider_numbers AS n
       SET passed_over = n.passed_over + 1
      FROM batch
     WHERE n.passed_over = batch.passed_over AND n.seq = batch.seq
       AND batch.id IN (SELECT id FROM unnumbered) AND batch.id NOT IN (SELECT id FROM free)
), finished AS (
    DELETE FROM pg_temp.outrider_numbers AS n
     USING batch
     WHERE n.passed_over = batch.passed_over AND n.seq = batch.seq
       AND (batch.id NOT IN (SELECT id FROM unnumbered) OR batch.id IN (SELECT id FROM free))
    RETURNING 1
)
SELECT (SELECT count(*) FROM batch) AS taken, (SELECT count(*) FROM finished) AS finished
