-- What of a claim travels: rows while the payloads before them are fewer than $7 bytes, and no payload over $6 bytes.
-- The payload was cast to text once, in the CTE. `claimed` tells a batch that was cut from one that was short.
SELECT taken, id, position, created_at, aggregate_type, aggregate_id, event_type,
       CASE WHEN payload_bytes <= $6 THEN payload END AS payload, payload_bytes, retry_count, headers, writer,
       (SELECT count(*) FROM c) AS claimed
  FROM (SELECT c.*, octet_length(payload)::bigint AS payload_bytes,
               sum(CASE WHEN octet_length(payload) <= $6 THEN octet_length(payload) ELSE 0 END)
                   OVER (ORDER BY position, id ROWS UNBOUNDED PRECEDING) AS bytes_so_far
          FROM c) AS s
 WHERE bytes_so_far - CASE WHEN payload_bytes <= $6 THEN payload_bytes ELSE 0 END < $7
 ORDER BY position, id
