-- Is the inbox gone? An application's own does not count.
SELECT coalesce(obj_description(to_regclass({inbox_literal}), 'pg_class') NOT LIKE {inbox_comments}, true)
