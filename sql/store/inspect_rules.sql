-- Rules rewrite the relay's marks; with DO INSTEAD none is made.
SELECT r.rulename::text, {oid}::regclass::text, quote_ident(r.rulename)
  FROM pg_rewrite AS r WHERE r.ev_class = {oid} AND r.ev_type IN ('2', '4')
