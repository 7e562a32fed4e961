-- Reads of some rows what reports read of them, and converts what reports send to the client's encoding.
SELECT max(octet_length(textsend({topic}))), max(length({aggregate})), max(octet_length(textsend({class}))),
       max(octet_length(textsend({error})))
  FROM {table} AS o WHERE o.{id} = ANY ($1::uuid[])
