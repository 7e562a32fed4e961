-- With CACHE above 1 each session draws numbers ahead, and an aggregate's later row can get the lower one.
SELECT to_regclass({sequence_literal})::text, s.seqcache::text
  FROM pg_sequence AS s WHERE s.seqrelid = to_regclass({sequence_literal})::oid AND s.seqcache > 1
