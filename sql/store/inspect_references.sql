-- Rows that others refer to cannot be deleted, or are deleted with those.
SELECT c.conname::text, c.conrelid::regclass::text, quote_ident(c.conname)
  FROM pg_constraint AS c WHERE {deletes} AND c.contype = 'f' AND c.confrelid = {oid}
