-- Reads a page and locks nothing.
SELECT page.*, true AS changed FROM ({dead_page}) AS page ORDER BY page.position, page.id
