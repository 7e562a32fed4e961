-- The transaction's own settings, behind those of every visit. The planner is held to the index, or to the range of pages: a
-- plan that sorted or read the whole table would do so for each batch.
SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('enable_sort', 'off', true)
