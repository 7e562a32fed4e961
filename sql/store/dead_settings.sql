-- The transaction's own settings, behind those of every visit; who does it is for the audit line. Times are read and
-- printed in one way, so that a page's last position can be given back as text: a created_at without time zone counts
-- as UTC.
SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true), set_config('bytea_output', 'hex', true),
       current_user
