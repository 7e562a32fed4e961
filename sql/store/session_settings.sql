-- For a connection that is the relay's own: polls have no settings of their transaction's, and are held to the same indexes
-- as windows (settings.sql). Nobody else gets this session; behind a pooler, where somebody may, it is not asked for.
SELECT set_config('enable_seqscan', 'off', false),
       set_config('enable_bitmapscan', 'off', false),
       set_config('enable_sort', 'off', false),
       set_config('jit', 'off', false)
