-- The aggregate as a name, by its bytes as Kafka and the lane compare them: the column's own collation may hold A and a
-- for equal.
o.{aggregate_id}::text COLLATE "C"
