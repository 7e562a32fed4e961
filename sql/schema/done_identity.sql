-- Has the version table an identity? One that an older outrider made has none.
SELECT EXISTS (SELECT
                 FROM pg_attribute AS a
                WHERE a.attrelid = to_regclass({version_table_literal}) AND a.attname = 'identity' AND NOT a.attisdropped)
