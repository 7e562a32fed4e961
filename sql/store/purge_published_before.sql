-- A published row that is old enough. One whose time of publication is not known is as old as it is; created_at is asked
-- for as well, for the index on it.
o.{published} AND o.{created_at} < $1 AND coalesce(o.{published_at}, o.{created_at}) < $1
