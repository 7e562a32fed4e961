-- A row with the lowest number of all, which lies behind no position: no claim comes upon it, as upon one without a number.
o.{seq} = '-9223372036854775808'::bigint
