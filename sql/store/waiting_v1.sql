-- Version 1 keeps nothing about attempts in the row but their count.
false AS waiting, NULL::bigint AS due
