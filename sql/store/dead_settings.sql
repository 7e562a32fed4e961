-- The transaction's own settings, behind those of every visit; who does it is for the audit line.
SELECT set_config('bytea_output', 'hex', true), current_user
