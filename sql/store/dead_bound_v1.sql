-- Version 1 pages by created_at, which no retry moves.
SELECT 'infinity'
