-- These rows alone.
AND o.{id} = ANY ({ids}::uuid[])
