-- The limits and the search_path of what is asked behind a pooler outside of a window: sent in front of it in the same pipeline,
-- and so of one transaction without a BEGIN. A connection of the relay's own has them for good (arrival_stay.sql), and its
-- polls are one statement. One of them that comes to wait behind ALTER TABLE ends by its lock_timeout.
SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true), set_config('search_path', $3, true)
