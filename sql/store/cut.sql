-- What of a claim travels: the texts of rows while those before them are fewer than $7 bytes, and of no row over $6 bytes.
-- Every text counts: payload, headers and names. A row over $6 bytes comes with its short names only, and says so. A row
-- behind the cut comes without its texts: the batch ends in front of it. A subquery with FOR UPDATE is not pulled up, so each
-- payload is cast to text once; and it is not a CTE, whose rows would be written to a store of their own, and sorted again,
-- because the planner does not know that they are in order already.
SELECT taken, id, position, created_at,
       CASE WHEN bytes_before < $7 AND (bytes <= $6 OR octet_length(aggregate_type) <= 1000) THEN aggregate_type END AS aggregate_type,
       CASE WHEN bytes_before < $7 AND (bytes <= $6 OR octet_length(aggregate_id) <= 1000) THEN aggregate_id END AS aggregate_id,
       CASE WHEN bytes_before < $7 AND (bytes <= $6 OR octet_length(event_type) <= 1000) THEN event_type END AS event_type,
       CASE WHEN bytes_before < $7 AND bytes <= $6 THEN payload END AS payload, payload_bytes, retry_count,
       CASE WHEN bytes_before < $7 AND bytes <= $6 THEN headers END AS headers, writer,
       bytes, bytes > $6 AS withheld, bytes_before >= $7 AS cut
  FROM (SELECT b.*, coalesce(sum(CASE WHEN bytes <= $6 THEN bytes::integer ELSE 0 END)
                                 OVER (ORDER BY {claimed_order} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
          FROM (SELECT c.*, octet_length(payload)::bigint AS payload_bytes,
                       name_bytes + coalesce(octet_length(payload), 0) + coalesce(pg_column_size(headers), 0) AS bytes
                  FROM ({claimed}) AS c) AS b) AS s
 ORDER BY {claimed_order}
