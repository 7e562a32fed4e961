-- The version, what a revert gives back (the autovacuum settings that the table had before ours), and the slots.
SELECT version,
       (SELECT string_agg(format('%I = %L', split_part(option, '=', 1), substr(option, strpos(option, '=') + 1)), ', ')
          FROM unnest(saved_options) AS option
         WHERE split_part(option, '=', 1) IN ('autovacuum_vacuum_scale_factor', 'autovacuum_vacuum_threshold',
                                              'autovacuum_analyze_scale_factor', 'autovacuum_analyze_threshold')),
       slots
  FROM {version_table}
