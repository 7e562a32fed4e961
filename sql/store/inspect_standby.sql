-- Is this a server, or a role, that takes no writes?
SELECT coalesce(host(inet_server_addr()), 'socket') || ':' || coalesce(inet_server_port()::text, current_setting('port')),
       CASE WHEN pg_is_in_recovery() THEN 'the server is a standby' ELSE 'default_transaction_read_only is on' END,
       CASE WHEN pg_is_in_recovery() THEN '-- name the primary in database.dsn, or all hosts with a comma between them'
            ELSE format('ALTER ROLE %I SET default_transaction_read_only = off;', current_user) END
 WHERE pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean
