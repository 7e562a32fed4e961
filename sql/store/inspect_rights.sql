-- The rights that the relay needs and this role lacks. Table-level SELECT, because a claim reads xmin.
SELECT w.what, w.object, format('GRANT %s ON %s TO %I;', w.what, w.object, current_user)
  FROM (SELECT 'SELECT' AS what, {oid}::regclass::text AS object
         WHERE NOT has_table_privilege({oid}, 'SELECT')
        UNION ALL
        SELECT format('UPDATE (%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)), {oid}::regclass::text
          FROM pg_attribute AS a
         WHERE a.attrelid = {oid} AND a.attname = ANY ({written}::text[]) AND NOT a.attisdropped
           AND NOT has_column_privilege({oid}, a.attnum, 'UPDATE')
        HAVING count(*) > 0
        UNION ALL
        SELECT 'DELETE', {oid}::regclass::text
         WHERE {deletes} AND NOT has_table_privilege({oid}, 'DELETE')
        UNION ALL
        SELECT 'SELECT', 'SEQUENCE ' || to_regclass({sequence_literal})::text
         WHERE to_regclass({sequence_literal}) IS NOT NULL
           AND NOT has_sequence_privilege(to_regclass({sequence_literal})::oid, 'SELECT')) AS w
