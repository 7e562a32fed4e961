-- What of a claim travels: payloads while those before them are fewer than $7 bytes, and none over $6 bytes. A row behind
-- the cut comes without its payload, and says so: the batch ends in front of it. A subquery with FOR UPDATE is not pulled
-- up, so each payload is cast to text once; and it is not a CTE, whose rows would be written to a store of their own, and
-- sorted again, because the planner does not know that they are in order already.
SELECT taken, id, position, created_at, aggregate_type, aggregate_id, event_type,
       CASE WHEN bytes_before < $7 AND payload_bytes <= $6 THEN payload END AS payload, payload_bytes, retry_count,
       headers, writer, bytes_before >= $7 AS cut
  FROM (SELECT c.*, octet_length(payload)::bigint AS payload_bytes,
               coalesce(sum(CASE WHEN octet_length(payload) <= $6 THEN octet_length(payload) ELSE 0 END)
                   OVER (ORDER BY {claimed_order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
          FROM ({claimed}) AS c) AS s
 ORDER BY {claimed_order}
