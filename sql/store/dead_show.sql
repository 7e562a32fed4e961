-- A page with headers and payload: as text for people, and as JSON, where json and jsonb are what they are and anything
-- else is a string.
SELECT page.*, true AS changed, {headers_json} AS headers, {payload_text} AS payload, {payload_json} AS payload_json
  FROM ({dead_page}) AS page JOIN {table} AS o ON o.{id} = page.id
 ORDER BY page.position, page.id
