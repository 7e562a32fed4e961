-- Version 1 keeps nothing about attempts in the row but their count.
SELECT 0::bigint AS waiting, 0::bigint AS lowest, 0::bigint AS mix, NULL::bigint AS due
