-- The row's headers as {name, value, name, value, …}: the server has decoded the JSON. An array of odd length says that
-- the column holds something else than an object.
CASE WHEN o.{headers} IS NULL OR jsonb_typeof(o.{headers}::jsonb) = 'null' THEN NULL
     WHEN jsonb_typeof(o.{headers}::jsonb) = 'object'
     THEN ARRAY(SELECT unnest(ARRAY[h.key, h.value]) FROM jsonb_each_text(o.{headers}::jsonb) AS h)
     ELSE ARRAY[jsonb_typeof(o.{headers}::jsonb)] END
