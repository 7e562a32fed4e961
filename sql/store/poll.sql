-- An idle lane's question, alone in its transaction: is there anything to claim? Written with ORDER BY and LIMIT rather
-- than EXISTS, so that the planner follows the claim's index. A server that takes no writes any more answers yes: the
-- window that follows is refused there (25006), and the lane goes looking for the one that does. A table that was changed may
-- have rows that this question does not find, so the poll compares as the view does.
SELECT (SELECT true FROM {table} AS o WHERE {claimable} ORDER BY {order} LIMIT 1) IS TRUE
           OR current_setting('transaction_read_only')::boolean AS found,
       ({unchanged}) IS NOT TRUE AS changed,
       pg_snapshot_xmin(s) AS xmin, pg_snapshot_xmax(s) AS xmax,
       w.waiting, w.lowest, w.mix, w.due
  FROM pg_current_snapshot() AS s, ({heads}) AS w
