-- Can a trigger of the table undo a mark or a failed attempt whose statement succeeded? 0: no trigger can; 1: a trigger that fires with the
-- statement can; 3: one that COMMIT fires, too. tgtype's bits: 1 for each row, 2 before, {fires} the events of the mark and of a
-- failed attempt (8 DELETE, 16 UPDATE). A trigger before the statement sees no row. Internal ones are those of foreign keys, which change nothing here.
(SELECT coalesce(bit_or(CASE WHEN t.tginitdeferred THEN 3 ELSE 1 END), 0)
   FROM pg_trigger AS t
  WHERE t.tgrelid {of_table} AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
    AND t.tgtype & {fires} <> 0 AND t.tgtype & 3 <> 2)
