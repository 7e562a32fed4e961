-- The last number that the table's sequence has drawn; before the first, the last one that schema apply can have given to an
-- old row. NULL: there is no such sequence, or the role may not read it. The CASE keeps the server from refusing the read.
CASE WHEN has_sequence_privilege(to_regclass({sequence_literal})::oid, 'USAGE, SELECT')
     THEN coalesce(pg_sequence_last_value(to_regclass({sequence_literal})::oid),
                   (SELECT n.seqstart - 1 FROM pg_sequence AS n WHERE n.seqrelid = to_regclass({sequence_literal}))) END
