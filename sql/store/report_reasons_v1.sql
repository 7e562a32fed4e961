-- Version 1 keeps no reason: the dead by topic, among the $1 oldest unpublished rows; $2 groups at most.
SELECT d.topic, NULL::text, NULL::text, count(*), -1
  FROM ({dead_rows}) AS d
 GROUP BY d.topic
 ORDER BY count(*) DESC, d.topic COLLATE "C"
 LIMIT $2
