-- Does any valid index serve version 1's claim? Reported only: an application's table is adopted as it is.
SELECT EXISTS (SELECT
                 FROM pg_index AS i
                 JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::smallint[])
                WHERE i.indrelid = {table_literal}::regclass AND i.indisvalid AND a.attname = {created_at_name}
                  AND (i.indkey[0] = a.attnum OR i.indkey[1] = a.attnum))
