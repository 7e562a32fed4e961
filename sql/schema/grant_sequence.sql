-- The default runs as whoever inserts: without USAGE for all, a role that is granted INSERT later would fail. SELECT:
-- relays read how far the numbers are.
GRANT USAGE, SELECT ON SEQUENCE {sequence} TO PUBLIC
