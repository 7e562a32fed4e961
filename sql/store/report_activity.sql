-- Rows ever inserted, updated and deleted, by the server's own statistics: what a second look tells the pace by without
-- counting anything. Late by a second or so. $1: the table's oid; of a partitioned one, which has no statistics of its
-- own, the sum of its partitions.
SELECT coalesce(sum(s.n_tup_ins), 0), coalesce(sum(s.n_tup_upd), 0), coalesce(sum(s.n_tup_del), 0)
  FROM pg_stat_all_tables AS s
 WHERE s.relid = $1::bigint::oid
    OR s.relid IN (SELECT p.relid FROM pg_partition_tree($1::bigint::oid::regclass) AS p)
