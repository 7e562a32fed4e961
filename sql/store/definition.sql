-- The definition of the columns that are used, and whether triggers can undo a mark, as one number. Each row has its attnum,
-- so that no two cancel out. What ALTER TABLE does to a column changes its row here; ANALYZE, a vacuum and other columns
-- change nothing, nor do triggers that cannot undo a mark.
((SELECT bit_xor(hash_record_extended(ROW(d.attnum, d.attname, d.atttypid, d.atttypmod, d.attcollation, d.attnotnull,
                                         d.attgenerated), 0))
   FROM pg_attribute AS d
  WHERE d.attrelid = {oid} AND d.attnum > 0 AND NOT d.attisdropped
    AND d.attname = ANY ({column_names}::name[])) # {undoing})
