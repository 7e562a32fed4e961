-- Older servers lack client_connection_check_interval.
SELECT current_setting('server_version') WHERE current_setting('server_version_num')::integer < 140000
